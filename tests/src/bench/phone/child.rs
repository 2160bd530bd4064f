//! A program that is asked what a capture costs: one line, one number.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

/// One that runs.
pub(super) struct Asked {
    pub(super) name: &'static str,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// Times of commits.
    pub(super) commits: Vec<Duration>,
    /// Times of openings.
    pub(super) opens: Vec<Duration>,
}

impl Asked {
    pub(super) fn start(name: &'static str, command: &mut Command) -> std::io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let to = child.stdin.take().expect("it was asked for");
        let from = BufReader::new(child.stdout.take().expect("it was asked for"));
        Ok(Self { name, child, to, from, commits: Vec::new(), opens: Vec::new() })
    }

    /// The answer to one line.
    pub(super) fn ask(&mut self, line: &str) -> u64 {
        writeln!(self.to, "{line}").and_then(|()| self.to.flush()).expect("it listens");
        let mut answer = String::new();
        self.from.read_line(&mut answer).expect("it answers");
        answer
            .trim()
            .parse()
            .unwrap_or_else(|_| panic!("{} answers {answer:?} to {line}", self.name))
    }

    pub(super) fn commit(&mut self, photo: &std::path::Path) {
        let micros = self.ask(&format!("commit {}", photo.display()));
        self.commits.push(Duration::from_micros(micros));
    }

    pub(super) fn open(&mut self) {
        let micros = self.ask("open");
        self.opens.push(Duration::from_micros(micros));
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
