//! `hattama export`: figures and the comparison as files.

use std::{
    fs::{self, File},
    io::{BufWriter, IsTerminal as _, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use hattama_proto::statement::Level;
use indicatif::{ProgressBar, ProgressStyle};

use super::{CliError, access::Access, api::query, output};
use crate::folder::sync_folder;

const AFTER_HELP: &str = "\
CSV is for programs, every cell exactly as it is (RFC 4180); with --spreadsheet no cell can be taken for \
a formula, and --bom begins the file with the mark that some spreadsheets want. Columns of `figures` are \
named as `hattama official import` reads them. `nist` is an election report after NIST SP 1500-100 \
version 2.

What is taken out is noted in the audit trail. Nothing about observers is in it, and it is not for the \
public: for that, see `hattama release` and `hattama publish`.";

/// Flags of `hattama export`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Export {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The comparison by unit and choice, as CSV
    Comparison {
        /// One contest only
        #[arg(long, value_name = "CODE")]
        contest: Option<String>,
        #[command(flatten)]
        csv: Csv,
    },
    /// Figures by unit, as CSV
    Figures {
        /// Whose figures
        #[arg(long, value_enum, default_value_t = Of::Ours)]
        of: Of,
        /// Official figures of which level: precinct, district, region, nation
        #[arg(long, value_parser = super::official::level)]
        level: Option<Level>,
        #[command(flatten)]
        csv: Csv,
    },
    /// Figures as a NIST SP 1500-100 v2 election report, JSON
    Nist {
        /// Whose figures
        #[arg(long, value_enum, default_value_t = Of::Ours)]
        of: Of,
        /// Where to write the file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Csv {
    /// Where to write the file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Keep every cell from being taken for a formula
    #[arg(long)]
    spreadsheet: bool,
    /// Begin with the mark that says UTF-8
    #[arg(long)]
    bom: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Of {
    /// Ours, off observers' copies
    Ours,
    /// The commission's, as they were archived
    Official,
}

impl Of {
    const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Official => "official",
        }
    }
}

impl Csv {
    fn asked(&self) -> [(&'static str, Option<String>); 2] {
        [
            ("flavour", self.spreadsheet.then(|| "spreadsheet".to_owned())),
            ("bom", self.bom.then(|| "true".to_owned())),
        ]
    }
}

impl Export {
    /// Writes the file.
    pub(super) fn run(self) -> Result<(), CliError> {
        let (path, out) = match &self.what {
            What::Comparison { contest, csv } => {
                let [flavour, bom] = csv.asked();
                let asked = query(&[("contest", contest.clone()), flavour, bom]);
                (format!("/v1/export/comparison.csv{asked}"), &csv.out)
            }
            What::Figures { of, level, csv } => {
                let [flavour, bom] = csv.asked();
                let level = level.map(|level| level.name().to_owned());
                let of = Some(of.name().to_owned());
                let asked = query(&[("of", of), ("level", level), flavour, bom]);
                (format!("/v1/export/figures.csv{asked}"), &csv.out)
            }
            What::Nist { of, out } => (format!("/v1/export/nist.json?of={}", of.name()), out),
        };
        let bytes = fetch(&self.access, &path, out)?;
        output::say(&format!("Written: {}, {bytes} bytes.", out.display()))
    }
}

/// Fetches a file and shows how far it is; what has its name is whole.
pub(super) fn fetch(access: &Access, path: &str, out: &Path) -> Result<u64, CliError> {
    let mut part = out.to_owned().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let unwritable = |error| CliError::unwritable(&part, &error);
    let mut file = Counting::new(BufWriter::new(File::create(&part).map_err(unwritable)?));
    let fetched = access.api()?.download(path, &part, &mut file).and_then(|()| {
        let bytes = file.bytes;
        file.bar.finish_and_clear();
        let file = file.inner.into_inner().map_err(|error| unwritable(error.into_error()))?;
        file.sync_all().map_err(unwritable)?;
        Ok(bytes)
    });
    let bytes = match fetched {
        Ok(bytes) => bytes,
        Err(error) => {
            drop(fs::remove_file(&part));
            return Err(error);
        }
    };
    fs::rename(&part, out)
        .and_then(|()| match out.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => sync_folder(folder),
            _ => sync_folder(Path::new(".")),
        })
        .map_err(|error| CliError::unwritable(out, &error))?;
    Ok(bytes)
}

/// A file that shows how long it has become.
struct Counting<W> {
    inner: W,
    bytes: u64,
    bar: ProgressBar,
}

impl<W> Counting<W> {
    fn new(inner: W) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{spinner} {bytes} {bytes_per_sec}");
        bar.set_style(style.expect("the template is well-formed"));
        Self { inner, bytes: 0, bar }
    }
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.bytes += written as u64;
        self.bar.inc(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
