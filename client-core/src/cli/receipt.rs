//! `hattama-observer receipt`: one receipt, what it proves, and how to hand it on.

use std::{fmt::Write as _, fs, path::PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use hattama_client_core::{Notebook, NotebookError};
use hattama_proto::{
    id::{PhotoHash, RecordId},
    time::UnixMillis,
    tlog::{LogEntry, Policy, Receipt, Witnessed},
};
use serde_json::json;

use super::{At, CliError, open::Beginning, output, qr};

const AFTER_HELP: &str = "\
A receipt is headquarters' signed word that its log holds exactly your record or photograph. It is \
checked here, against the keys of the election set-up and without a network.

A receipt is longer than one QR code takes, so it is cut into several. Each begins with a line \
`hattama-receipt/v1 N/OF ENTRY`, and the rest of all of them in order is the receipt's text. Read by \
any program and put into one file, one behind the other, `hattama verify` takes them.

Examples:
  hattama-observer receipt show 8d3f...
  hattama-observer receipt export 8d3f... --out 8d3f.tlog-proof
  hattama-observer receipt export 8d3f... --qr
  hattama-observer receipt export 8d3f... --qr-png receipt.png";

/// Flags of `hattama-observer receipt`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct OneReceipt {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say what a receipt proves, and which witnesses have cosigned it
    Show {
        /// Id of a record, or SHA-256 of a photograph
        id: RecordId,
    },
    /// Write a receipt into a file, or as QR codes
    Export(Export),
}

/// Flags of `hattama-observer receipt export`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("how").required(true).multiple(true))]
struct Export {
    /// Id of a record, or SHA-256 of a photograph
    id: RecordId,
    /// File for the receipt (C2SP tlog-proof), which anybody checks
    #[arg(long, value_name = "FILE", group = "how")]
    out: Option<PathBuf>,
    /// Show QR codes on the terminal
    #[arg(long, group = "how")]
    qr: bool,
    /// Write QR codes as SVG; of several, each file gets its number
    #[arg(long, value_name = "FILE", group = "how")]
    qr_svg: Option<PathBuf>,
    /// Write QR codes as PNG; of several, each file gets its number
    #[arg(long, value_name = "FILE", group = "how")]
    qr_png: Option<PathBuf>,
}

/// A receipt that was checked.
struct Held {
    entry: LogEntry,
    text: String,
    receipt: Receipt,
    witnessed: Witnessed,
    policy: Policy,
    set_up: u32,
    /// What it is for, in words.
    subject: String,
}

impl OneReceipt {
    /// Shows or writes it.
    pub(super) fn run(&self, at: &At) -> Result<(), CliError> {
        let notebook = at.open(Beginning::Refused)?;
        match &self.what {
            What::Show { id } => {
                let held = Held::find(&notebook, *id)?;
                if at.json { output::say_json(&held.as_json()) } else { output::say(&held.words()) }
            }
            What::Export(export) => export.run(&Held::find(&notebook, export.id)?),
        }
    }
}

impl Export {
    fn run(&self, held: &Held) -> Result<(), CliError> {
        if let Some(path) = &self.out {
            fs::write(path, &held.text).map_err(|error| CliError::unwritable(path, &error))?;
            output::say(&format!("The receipt is in {}.", path.display()))?;
        }
        if !self.qr && self.qr_svg.is_none() && self.qr_png.is_none() {
            return Ok(());
        }
        let codes = qr::codes(&held.entry, &held.text)?;
        let of = codes.len();
        if self.qr {
            for (number, code) in (1..).zip(&codes) {
                output::say(&format!("Code {number} of {of}:\n{}", qr::blocks(code)))?;
            }
        }
        let mut written = Vec::new();
        if let Some(path) = &self.qr_svg {
            written.extend(qr::write(&codes, path, qr::write_svg)?);
        }
        if let Some(path) = &self.qr_png {
            written.extend(qr::write(&codes, path, qr::write_png)?);
        }
        for path in &written {
            output::say(&path.display().to_string())?;
        }
        output::note(&format!("The receipt takes {of} QR code(s); hand over all of them."));
        Ok(())
    }
}

impl Held {
    /// The receipt of a record or photograph, checked against the keys of the set-up.
    fn find(notebook: &Notebook, id: RecordId) -> Result<Self, CliError> {
        let photo = PhotoHash::from_bytes(*id.as_bytes());
        let (entry, text, subject) = match notebook.get(id) {
            Ok(item) => {
                let unit = item.unit.map_or(String::new(), |unit| format!(", unit {unit}"));
                let subject = format!("the record {id} ({}{unit})", item.kind.name());
                (LogEntry::Record(*id.as_bytes()), notebook.record_receipt(id)?, subject)
            }
            Err(NotebookError::InvalidInput { .. }) => {
                let subject = format!("the photograph {photo}");
                (LogEntry::Photo(*id.as_bytes()), notebook.photo_receipt(photo)?, subject)
            }
            Err(error) => return Err(error.into()),
        };
        let text = text.ok_or_else(|| {
            CliError::Input(format!(
                "there is no receipt for {id} yet; `hattama-observer sync` brings it once \
                 headquarters has it, and `hattama-observer receipts` lists all"
            ))
        })?;
        let unchecked =
            |why: &str| CliError::Device(format!("the receipt for {id} cannot be checked: {why}"));
        let pack = notebook.pack()?.ok_or_else(|| unchecked("there is no election set-up"))?;
        let policy = pack.election.keys.policy().map_err(|error| unchecked(&error.to_string()))?;
        let receipt = Receipt::parse(&text).map_err(|error| unchecked(&error.to_string()))?;
        let witnessed =
            receipt.verify_by(&entry, &policy).map_err(|error| unchecked(&error.to_string()))?;
        Ok(Self { entry, text, receipt, witnessed, policy, set_up: pack.version, subject })
    }

    fn words(&self) -> String {
        let (log, size) = (self.policy.log().name(), self.witnessed.checkpoint.size);
        let mut words = format!(
            "Receipt for {}.\n\
             It holds: headquarters' log {log} committed to exactly these bytes, at index {} of \
             {size} entries. Whoever has this receipt can prove it if they are left out or altered \
             later.\n",
            self.subject, self.receipt.index
        );
        let (cosigned, quorum) = (&self.witnessed.cosigned, self.witnessed.quorum);
        for by in cosigned {
            let at = i64::try_from(by.at_s).ok().and_then(|at_s| at_s.checked_mul(1000));
            let at = at.map_or(String::new(), |at| UnixMillis(at).to_rfc3339());
            let _ = writeln!(words, "The witness {} cosigned this log at {at} (its clock).", by.by);
        }
        words.push_str(&match (cosigned.len(), quorum) {
            (0, 0) => "The election set-up names no witnesses: only comparing what the log shows \
                       to others tells whether everybody sees the same log."
                .to_owned(),
            (0, quorum) => format!(
                "No witness has cosigned it yet; {quorum} are needed before it shows the same log \
                 to everybody. A later `sync` asks again."
            ),
            (count, quorum) if count >= quorum => format!(
                "{count} of the {quorum} witnesses that are needed have cosigned: it is the log \
                 that everybody sees."
            ),
            (count, quorum) => format!(
                "{count} of the {quorum} witnesses that are needed have cosigned; a later `sync` \
                 asks again."
            ),
        });
        let _ = write!(
            words,
            "\nChecked without a network, with the keys of version {} of the election set-up.",
            self.set_up
        );
        words
    }

    fn as_json(&self) -> serde_json::Value {
        json!({
            "entry": self.entry.to_string(),
            "log": self.policy.log().to_string(),
            "index": self.receipt.index,
            "size": self.witnessed.checkpoint.size,
            "cosigned": self.witnessed.cosigned.iter().map(|by| json!({
                "witness": by.by.as_str(), "at_s": by.at_s,
            })).collect::<Vec<_>>(),
            "quorum": self.witnessed.quorum,
            "enough": self.witnessed.is_enough(),
            "receipt": self.text,
        })
    }
}
