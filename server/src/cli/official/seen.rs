//! Which files of a watched folder are to be taken in now. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A file as it lies in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Its name.
    pub(super) name: String,
    /// How it looks.
    pub(super) look: Look,
}

/// How a file looks from outside. A file that grows, or is another one, looks different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Look {
    /// Its length, in bytes.
    pub(super) bytes: u64,
    /// When it was changed last, Unix nanoseconds as the file system says. Only compared with
    /// itself: no clock is trusted.
    pub(super) changed_ns: i128,
}

/// What is remembered of files between two runs. Forgetting it costs uploads and nothing else: the
/// archive takes a content once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// SHA-256 of level, mapping and source: a file that was not understood is tried again under
    /// another mapping.
    pub(super) under: String,
    /// Files that were taken in or could not be, by name.
    pub(super) files: BTreeMap<String, Look>,
}

impl Memory {
    /// What is remembered of what was done under the same mapping.
    pub(super) fn under(self, under: &str) -> Self {
        if self.under == under {
            return self;
        }
        Self { under: under.to_owned(), files: BTreeMap::new() }
    }

    /// Files that look as they did a moment ago and are not done with, oldest first: a commission's
    /// second file comes after its first one.
    pub(super) fn ready(&self, before: &[Seen], now: &[Seen]) -> Vec<Seen> {
        let rests = |seen: &&Seen| before.contains(seen);
        let mut ready: Vec<Seen> =
            now.iter().filter(|seen| self.is_open(seen)).filter(rests).cloned().collect();
        ready.sort_by(|one, other| {
            (one.look.changed_ns, &one.name).cmp(&(other.look.changed_ns, &other.name))
        });
        ready
    }

    /// Files that are not done with and still change.
    pub(super) fn growing<'a>(&'a self, before: &'a [Seen], now: &'a [Seen]) -> Vec<&'a str> {
        let grows = |seen: &&Seen| !before.contains(seen);
        let open = now.iter().filter(|seen| self.is_open(seen)).filter(grows);
        open.map(|seen| seen.name.as_str()).collect()
    }

    /// Notes that nothing more is to be done with a file as it looks.
    pub(super) fn done(&mut self, seen: &Seen) {
        self.files.insert(seen.name.clone(), seen.look);
    }

    fn is_open(&self, seen: &Seen) -> bool {
        self.files.get(&seen.name) != Some(&seen.look)
    }
}

/// Whether a file is meant for others: what downloaders write before they rename it, and hidden ones.
pub(super) fn is_passed_over(name: &str) -> bool {
    let lower = name.to_lowercase();
    let unfinished = [".part", ".partial", ".tmp", ".crdownload", ".download", "~"];
    name.starts_with('.') || unfinished.iter().any(|end| lower.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, bytes: u64, changed_ns: i128) -> Seen {
        Seen { name: name.to_owned(), look: Look { bytes, changed_ns } }
    }

    fn names(seen: &[Seen]) -> Vec<&str> {
        seen.iter().map(|one| one.name.as_str()).collect()
    }

    #[test]
    fn a_file_is_taken_once_it_no_longer_grows_the_oldest_first() {
        let memory = Memory::default();
        let first = [seen("b.csv", 10, 5), seen("a.csv", 10, 7), seen("c.csv", 10, 1)];
        let then = [seen("b.csv", 10, 5), seen("a.csv", 10, 7), seen("c.csv", 12, 8)];
        assert!(memory.ready(&[], &first).is_empty(), "seen for the first time");
        assert_eq!(names(&memory.ready(&first, &then)), ["b.csv", "a.csv"]);
        assert_eq!(memory.growing(&first, &then), ["c.csv"]);
    }

    #[test]
    fn what_is_done_is_taken_again_only_when_it_changed() {
        let mut memory = Memory::default().under("m");
        let file = seen("a.csv", 10, 5);
        memory.done(&file);
        let now = [file.clone()];
        assert!(memory.ready(&now, &now).is_empty());
        let changed = [seen("a.csv", 10, 6)];
        assert_eq!(names(&memory.ready(&changed, &changed)), ["a.csv"]);
        let kept = serde_json::to_string(&memory).unwrap();
        let back: Memory = serde_json::from_str(&kept).unwrap();
        assert_eq!(back.clone().under("m"), memory, "also after a restart");
        assert_eq!(names(&back.under("other").ready(&now, &now)), ["a.csv"], "another mapping");
    }

    #[test]
    fn what_a_downloader_has_not_finished_is_passed_over() {
        for name in [".hidden", "a.csv.part", "A.CSV.PART", "x.tmp", "y.crdownload", "z.csv~"] {
            assert!(is_passed_over(name), "{name}");
        }
        assert!(!is_passed_over("Протоколы.csv") && !is_passed_over("part.zip"));
    }
}
