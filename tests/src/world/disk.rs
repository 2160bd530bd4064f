//! A disk that is quickly full.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::skip;

/// A file system of some mebibytes, in memory, unmounted when it is dropped.
#[derive(Debug)]
pub struct SmallDisk {
    place: PathBuf,
    _folder: Option<TempDir>,
}

impl SmallDisk {
    /// Mounts one; none, said aloud, where that is not allowed.
    pub fn mount(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let mut disk = Self::mount_over(folder.path(), mebibytes)?;
        disk._folder = Some(folder);
        Some(disk)
    }

    /// Mounts one over a folder that is there and empty; none, said aloud, where that is not allowed.
    pub fn mount_over(place: &Path, mebibytes: u32) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"])
            .arg(place)
            .output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            skip("a small disk cannot be mounted without being root");
            return None;
        }
        Some(Self { place: place.to_owned(), _folder: None })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.place
    }

    /// Fills it to the last page.
    pub fn fill(&self) {
        let mut size = 1024 * 1024;
        while size > 0 {
            let file = OpenOptions::new().create(true).append(true).open(self.filler());
            if file.and_then(|mut file| file.write_all(&vec![0; size])).is_err() {
                size /= 2;
            }
        }
    }

    /// Fills it until so many per cent are used.
    pub fn fill_to(&self, percent: u32) {
        while self.used_percent() < percent {
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(self.filler())
                .and_then(|mut file| file.write_all(&[0; 64 * 1024]))
                .expect("there is room yet");
        }
    }

    /// How full it is, as `df` says.
    fn used_percent(&self) -> u32 {
        let said = Command::new("df").arg("--output=pcent").arg(self.path()).output();
        let said = said.expect("df is there").stdout;
        let digits: String = said
            .iter()
            .filter(|byte| byte.is_ascii_digit())
            .map(|byte| char::from(*byte))
            .collect();
        digits.parse().expect("df tells per cent")
    }

    /// Gives the room back.
    pub fn relieve(&self) {
        fs::remove_file(self.filler()).expect("it was filled before");
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whatever is open still is closed a moment later.
        let unmounted = Command::new("umount").arg("--lazy").arg(self.path()).output();
        if !unmounted.is_ok_and(|output| output.status.success()) {
            eprintln!("{} could not be unmounted", self.path().display());
        }
    }
}
