//! `hattama official watch`: takes in what somebody's downloader drops into a folder.

use std::{fs, io, path::PathBuf, thread, time::Duration};

use clap::Args;
use hattama_proto::{id::FileHash, statement::Level};
use serde::Deserialize;

use super::{
    Brought, Sending, Told, level,
    seen::{Look, Memory, Seen, is_passed_over},
    send_bytes,
};
use crate::{
    cli::{
        CliError,
        access::Access,
        api::{Api, unexpected},
        output,
    },
    folder::write_durably,
};

/// What is remembered between two runs, beside the files.
const MEMORY: &str = ".hattama-watch.json";

const AFTER_HELP: &str = "\
A file is taken in when it has not changed for one interval. Each content is archived once; a file \
that was not understood stays where it is, is told with the reason, and is tried again only when it \
or the mapping changed. Nothing in the folder is moved, changed or removed; only .hattama-watch.json \
is written there, and losing it costs nothing but uploads. Hidden files and those that end with \
.part, .tmp or .crdownload are passed over.

With --once it looks twice and ends: exit code 0 if all went well, 2 if a file was not understood in \
this run, 3 if headquarters cannot be reached.";

/// Flags of `hattama official watch`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Watch {
    /// The folder
    folder: PathBuf,
    /// Whose figures the files are: precinct, district (territorial commission), region, nation
    #[arg(long, value_parser = level)]
    level: Level,
    /// Where the files come from: an address, or words; each file's name is added
    #[arg(long, value_name = "TEXT")]
    source: String,
    #[command(flatten)]
    brought: Brought,
    /// Look, wait once, take in what no longer grows, and end: for cron
    #[arg(long)]
    once: bool,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    every: u64,
    #[command(flatten)]
    access: Access,
}

/// What became of one file.
enum Outcome {
    /// It is in the archive, or was; nothing more is to be done.
    Done,
    /// It is not understood as it is.
    NotUnderstood,
    /// It changed while it was read.
    Changing,
}

impl Watch {
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        let mut mapping = self.mapping()?;
        let mut memory = self.memory(mapping.as_deref());
        let mut before = self.look()?;
        let (mut failed, mut grown) = (0, Vec::new());
        loop {
            thread::sleep(Duration::from_secs(self.every));
            let now = self.look()?;
            // Whoever mends the mapping expects that it is used: what it did not understand is tried
            // again. An editor may be writing it just now.
            match self.mapping() {
                Ok(read) => mapping = read,
                Err(error) if self.once => return Err(error),
                Err(error) => {
                    output::note(&format!("waiting: {error}"));
                    continue;
                }
            }
            memory = memory.under(&self.under(mapping.as_deref()));
            let growing: Vec<String> =
                memory.growing(&before, &now).into_iter().map(str::to_owned).collect();
            for name in growing.iter().filter(|name| !grown.contains(*name)) {
                output::note(&format!("waiting: {name} still changes"));
            }
            grown = growing;
            for seen in memory.ready(&before, &now) {
                match self.take(&api, &seen, mapping.as_deref()) {
                    Ok(Outcome::Changing) => {}
                    Ok(outcome) => {
                        failed += usize::from(matches!(outcome, Outcome::NotUnderstood));
                        memory.done(&seen);
                        self.remember(&memory)?;
                    }
                    // Headquarters will be back; whoever started this once for all wants to know.
                    Err(CliError::Network(what)) if !self.once => {
                        output::note(&format!("waiting: {what}"));
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            if self.once {
                return match failed {
                    0 => Ok(()),
                    1 => Err(CliError::Input("1 file was not understood".into())),
                    _ => Err(CliError::Input(format!("{failed} files were not understood"))),
                };
            }
            before = now;
        }
    }

    /// Takes one file in.
    fn take(&self, api: &Api, seen: &Seen, mapping: Option<&[u8]>) -> Result<Outcome, CliError> {
        let path = self.folder.join(&seen.name);
        // Read once, so that what is sent is what was looked at.
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Outcome::Changing),
            Err(error) => return Ok(not_understood(&seen.name, &error.to_string())),
        };
        if bytes.len() as u64 != seen.look.bytes {
            return Ok(Outcome::Changing);
        }
        let sending = Sending {
            path: "/v1/publications",
            query: &[
                ("level", Some(self.level.name().to_owned())),
                ("source", Some(format!("{} ({})", self.source, seen.name))),
            ],
        };
        let answer = match send_bytes(api, &bytes, mapping, &sending) {
            Ok(answer) => answer,
            Err(CliError::Input(why)) => return Ok(not_understood(&seen.name, &why)),
            Err(error) => return Err(error),
        };
        let told: Told = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let Some(id) = &told.id else {
            let why = told.left_out.first().map_or("it has no rows", |(_, why)| why.as_str());
            return Ok(not_understood(&seen.name, &format!("no row was understood: {why}")));
        };
        let what = if told.before { "archived before" } else { "archived" };
        let (name, units, left) = (&seen.name, told.units, told.left_out.len());
        output::say(&output::printable(&format!(
            "{what}: {name}: publication {id}, units: {units}, rows left out: {left}"
        )))?;
        Ok(Outcome::Done)
    }

    /// The files of the folder as they are now.
    fn look(&self) -> Result<Vec<Seen>, CliError> {
        let unreadable = |error: io::Error| CliError::unreadable(&self.folder, &error);
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            // A file that went away meanwhile is none.
            let Ok(about) = entry.metadata() else { continue };
            if about.is_file() && !is_passed_over(&name) {
                let changed = about.modified().map_err(unreadable)?;
                let since = changed.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                let changed_ns = i128::try_from(since.as_nanos()).unwrap_or(i128::MAX);
                all.push(Seen { name, look: Look { bytes: about.len(), changed_ns } });
            }
        }
        Ok(all)
    }

    /// The mapping as it is now, if there is one.
    fn mapping(&self) -> Result<Option<Vec<u8>>, CliError> {
        let read =
            |path: &PathBuf| fs::read(path).map_err(|error| CliError::unreadable(path, &error));
        self.brought.mapping.as_ref().map(read).transpose()
    }

    /// Level, mapping and source, in a hash.
    fn under(&self, mapping: Option<&[u8]>) -> String {
        let mapping = FileHash::of(mapping.unwrap_or_default());
        let said = format!("{}\n{}\n{mapping}", self.level.name(), self.source);
        FileHash::of(said.as_bytes()).to_hex()
    }

    fn memory_path(&self) -> PathBuf {
        self.folder.join(MEMORY)
    }

    /// What is remembered; nothing where it cannot be read, which costs uploads only.
    fn memory(&self, mapping: Option<&[u8]>) -> Memory {
        let kept = fs::read(self.memory_path()).unwrap_or_default();
        let kept: Memory = serde_json::from_slice(&kept).unwrap_or_default();
        kept.under(&self.under(mapping))
    }

    fn remember(&self, memory: &Memory) -> Result<(), CliError> {
        let (path, bytes) = (self.memory_path(), serde_json::to_vec(memory));
        let bytes = bytes.map_err(|error| CliError::Other(error.to_string()))?;
        write_durably(&path, &bytes).map_err(|error| CliError::unwritable(&path, &error))
    }
}

fn not_understood(name: &str, why: &str) -> Outcome {
    output::note(&format!("not understood: {name}: {why}; it is tried again when it changes"));
    Outcome::NotUnderstood
}
