//! What is in another process's memory: what a core dump of it would hold.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
};

/// All memory of the process that can be read, region by region, one after the other. Between regions
/// nothing joins.
pub(crate) fn of_process(pid: u32) -> Vec<u8> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut all = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with('r') || line.contains("[vvar") || line.contains("[vsyscall") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let at = |text| u64::from_str_radix(text, 16).unwrap();
        let mut region = vec![0; usize::try_from(at(to) - at(from)).unwrap()];
        memory
            .read_exact_at(&mut region, at(from))
            .unwrap_or_else(|error| panic!("{line} cannot be read: {error}"));
        all.append(&mut region);
        all.extend([0; 64]);
    }
    all
}
