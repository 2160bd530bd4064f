//! `hattama verify`: checks records, receipts and evidence bundles offline, with keys that the caller
//! trusts.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::{ArgGroup, Args};
use hattama_proto::{
    id::{PhotoHash, RecordId},
    jws::Envelope,
    key::PublicKey,
    kind::Kind,
    tlog::{FORK_BYTES_MAX, LogEntry, Receipt, VerifierKey, join_receipt, receipt_pieces},
};

use super::{CliError, bundle, error::whole, fork, output};
use crate::fsck::read_accounting;

const AFTER_HELP: &str = "\
A record or statement (.jws) is checked against --key: the signature, and that the key is the one \
it names. Whose key that is, an enrolment statement says.

A receipt (.tlog-proof) is checked against --vkey: that the log committed to this very record, \
photograph or entry. The record is taken from the .jws file of the same name if none is given. \
What was read off a receipt's QR codes, one behind the other in any order, is a receipt too.

Two heads of a log that nothing joins (.fork, as `hattama-observer receipts --export` writes them) \
are checked against --vkey. HOLDS means that the file convicts the log: two roots at one size. With \
two sizes the file only demands a proof, because anybody can put a wrong one beside two honest heads; \
give what the log answers with --answer.

An evidence bundle (.zip, as `hattama evidence` writes it) is checked piece by piece against --vkey, \
with one sentence for each, until the first that does not hold. With --key, the election set-up \
in it must be signed by that key; without, its key is told, and you compare it with the `root` of an \
invitation. Photographs that the record names and that are not there are said to be MISSING.

An account of all records, as GET /v1/accounting gives it, is checked against --key: the signature, \
and that it adds up.

Nothing is asked of headquarters. Exit code 1 if any file does not hold.

Examples:
  hattama verify --key dXzN...  8d3f.jws
  hattama verify --vkey hq.example.org/kz+1c2d3e4f+AXf...  8d3f.tlog-proof --record 8d3f.jws
  hattama verify --vkey hq.example.org/kz+1c2d3e4f+AXf...  41ab.tlog-proof --photo protocol.jpg
  hattama verify --vkey log.vkey --key root.key  case-12.zip";

/// Longest file that is read as a record or receipt, in bytes.
const TEXT_BYTES_MAX: u64 = FORK_BYTES_MAX as u64 + 1;

/// How a piece of a receipt begins, as QR codes carry it.
const PIECES: &str = "hattama-receipt/v1 ";

/// Flags of `hattama verify`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, group = ArgGroup::new("subject").multiple(false))]
pub(super) struct Verify {
    /// Records, statements, receipts and evidence bundles
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Public key whose signature it should be, or a file with it; repeat it for several
    #[arg(long = "key", value_name = "KEY", allow_hyphen_values = true)]
    keys: Vec<String>,
    /// The log's key, as `hattama init` printed it, or a file with it
    #[arg(long, value_name = "VKEY")]
    vkey: Option<String>,
    /// A consistency proof that the log gave in its defence, one hash a line, for a .fork file
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
    /// The record or statement that the receipt is for
    #[arg(long, value_name = "FILE", group = "subject")]
    record: Option<PathBuf>,
    /// The photograph that the receipt is for
    #[arg(long, value_name = "FILE", group = "subject")]
    photo: Option<PathBuf>,
    /// The log's entry that the receipt is for: `hattama-record/v1 HEX`
    #[arg(long, value_name = "TEXT", group = "subject")]
    entry: Option<String>,
}

impl Verify {
    /// Checks every file, and fails if one does not hold.
    pub(super) fn run(self) -> Result<(), CliError> {
        let keys = self.keys.iter().map(|key| public_key(key)).collect::<Result<Vec<_>, _>>()?;
        let vkey = self.vkey.as_deref().map(verifier_key).transpose()?;
        let mut failed = 0;
        for path in &self.files {
            if bundle::is_bundle(path) {
                failed += said(path, bundle::checked(path, vkey.as_ref(), &keys)?)?;
                continue;
            }
            let text = read_text(path)?;
            let checked = if text.starts_with("c2sp.org/tlog-proof@") {
                self.receipt(path, &text, vkey.as_ref(), None)?
            } else if text.starts_with(PIECES) {
                match join_receipt(&receipt_pieces(&text)) {
                    Ok((claimed, text)) => {
                        self.receipt(path, &text, vkey.as_ref(), Some(claimed))?
                    }
                    Err(error) => Err(error.to_string()),
                }
            } else if text.starts_with("hattama-fork/") {
                fork::checked(path, &text, vkey.as_ref(), self.answer.as_deref())?
            } else {
                signed(path, &text, &keys)?
            };
            failed += said(path, checked)?;
        }
        if failed == 0 {
            return Ok(());
        }
        Err(CliError::CheckFailed(format!("{failed} of {} files do not hold", self.files.len())))
    }

    fn receipt(
        &self,
        path: &Path,
        text: &str,
        vkey: Option<&VerifierKey>,
        claimed: Option<LogEntry>,
    ) -> Result<Checked, CliError> {
        let vkey = vkey.ok_or_else(|| {
            CliError::Input(format!(
                "{} is a receipt: say which log's it should be with --vkey, as `hattama init` \
                 printed it",
                path.display()
            ))
        })?;
        let entry = self.subject(path, claimed)?;
        let receipt = match Receipt::parse(text) {
            Ok(receipt) => receipt,
            Err(error) => return Ok(Err(whole(&error))),
        };
        Ok(match receipt.verify(&entry, vkey.name(), vkey) {
            Err(error) => Err(whole(&error)),
            Ok(checkpoint) => Ok(format!(
                "holds: the log {} of {} entries has `{entry}` at index {}",
                vkey.name(),
                checkpoint.size,
                receipt.index
            )),
        })
    }

    /// What a receipt should prove; made from the bytes at hand and never from their name. What the
    /// receipt's QR codes claim is only taken where nothing is at hand.
    fn subject(&self, receipt: &Path, claimed: Option<LogEntry>) -> Result<LogEntry, CliError> {
        if let Some(entry) = &self.entry {
            return LogEntry::parse(entry.as_bytes())
                .map_err(|error| CliError::Input(format!("--entry: {error}")));
        }
        if let Some(photo) = &self.photo {
            return Ok(LogEntry::Photo(photo_hash(photo)?));
        }
        let record = match &self.record {
            Some(record) => record.clone(),
            None => receipt.with_extension("jws"),
        };
        if self.record.is_none() && !record.exists() {
            if let Some(claimed) = claimed {
                return Ok(claimed);
            }
            return Err(CliError::Input(format!(
                "say what {} is a receipt for: --record FILE, --photo FILE or --entry TEXT",
                receipt.display()
            )));
        }
        let text = read_text(&record)?;
        let id = *RecordId::of(text.as_bytes()).as_bytes();
        let envelope = Envelope::parse(&text).map_err(|error| {
            CliError::Input(format!("{} is not a record: {error}", record.display()))
        })?;
        Ok(if envelope.kind().is_record() { LogEntry::Record(id) } else { LogEntry::Statement(id) })
    }
}

/// Says what a file came to; 1 if it does not hold.
fn said(path: &Path, checked: Checked) -> Result<usize, CliError> {
    let name = path.display();
    match checked {
        Ok(said) => output::say(&format!("{name}: {said}")).map(|()| 0),
        Err(why) => output::say(&format!("{name}: DOES NOT HOLD: {why}")).map(|()| 1),
    }
}

/// What was found, or why it does not hold.
pub(super) type Checked = Result<String, String>;

fn signed(path: &Path, text: &str, keys: &[PublicKey]) -> Result<Checked, CliError> {
    if keys.is_empty() {
        return Err(CliError::Input(format!(
            "{}: say whose signature it should be with --key; `hattama devices --json` has the \
             keys of devices",
            path.display()
        )));
    }
    let envelope = match Envelope::parse(text) {
        Ok(envelope) => envelope,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let (kid, kind) = (envelope.kid(), envelope.kind());
    let Some(key) = keys.iter().find(|key| key.kid() == kid) else {
        return Ok(Err(format!("it names the key {kid}, which is none of those given")));
    };
    if kind == Kind::Accounting {
        return Ok(account(text, key));
    }
    Ok(match envelope.verify(key) {
        Err(error) => Err(error.to_string()),
        Ok(_) => Ok(format!(
            "holds: {} signed by the key {kid}; its id is {}",
            named(kind),
            RecordId::of(text.as_bytes())
        )),
    })
}

/// An account holds if it is signed and adds up; what it says of the log is `hattama account`'s.
fn account(text: &str, key: &PublicKey) -> Checked {
    let account = read_accounting(text, key).map_err(|error| whole(&error))?.claims.body;
    Ok(format!(
        "holds: an account signed by the key {}, of {} records among the first {} entries of the \
         log, and it adds up; `hattama account --log` compares it with the log",
        key.kid(),
        account.total.received,
        account.size
    ))
}

fn named(kind: Kind) -> String {
    let what =
        if kind.is_record() || kind == Kind::EnrolmentRequest { "record" } else { "statement" };
    format!("a {what} of kind {kind}")
}

/// A key as text, or the file that holds it.
fn text_or_file(given: &str) -> Result<String, CliError> {
    let path = Path::new(given);
    if path.is_file() { read_text(path) } else { Ok(given.to_owned()) }
}

pub(super) fn public_key(given: &str) -> Result<PublicKey, CliError> {
    PublicKey::parse(text_or_file(given)?.trim())
        .map_err(|error| CliError::Input(format!("--key: {error}")))
}

pub(super) fn verifier_key(given: &str) -> Result<VerifierKey, CliError> {
    VerifierKey::parse(text_or_file(given)?.trim())
        .map_err(|error| CliError::Input(format!("--vkey: {error}")))
}

/// A record or receipt. One line end after a record belongs to the file and not to the record.
pub(super) fn read_text(path: &Path) -> Result<String, CliError> {
    let unreadable = |error| CliError::unreadable(path, &error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(TEXT_BYTES_MAX).read_to_end(&mut bytes).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        CliError::Input(format!("{} is neither a record nor a receipt", path.display()))
    })?;
    if ["c2sp.org/", "hattama-fork/", PIECES].iter().any(|start| text.starts_with(start)) {
        return Ok(text);
    }
    Ok(text.strip_suffix('\n').map_or(text.clone(), str::to_owned))
}

fn photo_hash(path: &Path) -> Result<[u8; 32], CliError> {
    let unreadable = |error: io::Error| CliError::unreadable(path, &error);
    let bytes = fs::read(path).map_err(unreadable)?;
    Ok(*PhotoHash::of(&bytes).as_bytes())
}
