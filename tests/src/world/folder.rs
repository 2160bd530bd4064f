//! Folders of a headquarters, put aside and put back.

use std::{fs, path::Path};

/// Copies a folder with everything in it.
///
/// # Panics
///
/// If something cannot be read or written: a test cannot go on without it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("the file can be copied");
        }
    }
}
