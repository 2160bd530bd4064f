//! `hattama evidence`: everything about one record in one zip, for a court.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use futures_util::StreamExt as _;
use hattama_proto::{
    id::RecordId,
    tlog::{Tree, VerifierKey},
};

use super::{CliError, access::Access, error::whole, output, serve::runtime};
use crate::{
    blobs::Blobs,
    book::{self, Authority, BookError, SharedBook},
    config::Config,
    evidence::{EvidenceError, Sources, judge, trust_within},
    folder::{DataFolder, sync_folder},
    keys,
    log::LogView,
    store::{self, Db},
};

const AFTER_HELP: &str = "\
The zip holds the record, its photographs as captured, the log's receipts, what was decided, the \
hashes of its neighbours in the device's chain, the public keys, and a page (README.html) with the \
commands of other people's programs that check each piece. The same evidence gives the same bytes.

Photographs that the record names and that are not there are named as missing. Observers are not \
named: a key and a pseudonym stand for each. A decision names the account that took it.

With --folder it reads a data folder that nobody serves, and needs no network. Without, it asks \
headquarters, which notes who took the bundle.

Examples:
  hattama evidence 8d3f... --out case-12.zip
  hattama evidence 8d3f... --folder hq --out case-12.zip
  hattama verify --vkey log.vkey --key root.key case-12.zip";

/// Flags of `hattama evidence`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Evidence {
    /// The record's id
    record: RecordId,
    /// Where to write the zip
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Folder of a headquarters that is not served now, to work offline
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    access: Access,
}

impl Evidence {
    /// Writes the bundle, judges what was written, and says what is in it.
    pub(super) fn run(self) -> Result<(), CliError> {
        // Beside its place, so that what has the name is whole.
        let mut part = self.out.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let unwritable = |error| CliError::unwritable(&part, &error);
        let mut file = BufWriter::new(File::create(&part).map_err(unwritable)?);
        let written = match &self.folder {
            Some(folder) => runtime()?.block_on(self.gather(folder, &part, &mut file)),
            None => {
                let path = format!("/v1/records/{}/evidence", self.record);
                self.access.api()?.download(&path, &part, &mut file)
            }
        };
        let kept = written.and_then(|()| {
            file.into_inner()
                .map_err(|error| unwritable(error.into_error()))?
                .sync_all()
                .map_err(unwritable)
        });
        if let Err(error) = kept {
            drop(fs::remove_file(&part));
            return Err(error);
        }
        let said = self.judged(&part)?;
        fs::rename(&part, &self.out)
            .and_then(|()| match self.out.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => sync_folder(folder),
                _ => sync_folder(Path::new(".")),
            })
            .map_err(|error| CliError::unwritable(&self.out, &error))?;
        output::say(&said)
    }

    /// What was written, read again and checked with the keys that are in it.
    fn judged(&self, part: &Path) -> Result<String, CliError> {
        let open = || {
            let file = File::open(part).map_err(|error| CliError::unreadable(part, &error))?;
            Ok::<_, CliError>(BufReader::new(file))
        };
        let trust = trust_within(open()?).ok_or_else(|| {
            CliError::Network("the bundle did not come whole; try again".to_owned())
        })?;
        let judged = judge(open()?, &trust);
        let missing: Vec<&str> = judged
            .said
            .iter()
            .filter(|said| said.is_missing())
            .map(|said| said.piece.as_str())
            .collect();
        let (out, pieces) = (self.out.display(), judged.said.len());
        let mut text = match &judged.lie {
            None => format!("Written: {out}, {pieces} pieces, each of which holds."),
            // Handed out all the same: what is lost has to be seen.
            Some(lie) => format!("Written: {out}. IT DOES NOT HOLD: {}", whole(lie)),
        };
        for piece in missing {
            text.push_str(&format!("\nMissing: {piece}"));
        }
        let root = trust.keys.first().map(ToString::to_string).unwrap_or_default();
        let log = &trust.log;
        text.push_str(&format!(
            "\nAnybody checks it with\n  hattama verify --vkey '{log}' --key='{root}' {out}"
        ));
        Ok(text)
    }

    /// From a folder, without a network.
    async fn gather(
        &self,
        folder: &Path,
        part: &Path,
        file: &mut BufWriter<File>,
    ) -> Result<(), CliError> {
        let folder = DataFolder::open(folder)?;
        let config = Config::load(&folder.config())?;
        let _lock = folder.lock()?;
        let url = config.database_url(&folder).map_err(machine)?;
        let db = Db::open(&url, crate::clock::system()).await.map_err(machine)?;
        let written = async {
            let authority =
                Authority { hq: keys::hq(&folder.keys())?.public(), root: config.root_key };
            let book = book::load(&db, authority).await?;
            let log = stored_log(&db, &book.pack.election.keys.log_vkey).await?;
            let blobs = config.blobs_url(&folder).and_then(|url| Blobs::open(&url));
            let blobs = blobs.map_err(machine)?;
            let book = SharedBook::new(book);
            let sources = Sources { db: &db, blobs: &blobs, book: &book, log };
            let mut stream = Box::pin(sources.bundle(self.record).await?.into_stream());
            while let Some(bytes) = stream.next().await {
                let bytes = bytes.map_err(machine)?;
                file.write_all(&bytes).map_err(|error| CliError::unwritable(part, &error))?;
            }
            Ok(())
        }
        .await;
        db.close().await;
        written
    }
}

/// The tree and its newest checkpoint, as the store has them.
async fn stored_log(db: &Db, vkey: &str) -> Result<LogView, CliError> {
    let leaves = store::log::leaves(db, 0).await.map_err(machine)?;
    let tree: Tree = leaves.into_iter().collect();
    let note = store::log::last_checkpoint(db).await.map_err(machine)?;
    let note = note.ok_or_else(|| CliError::Machine("the log has no checkpoint yet".to_owned()))?;
    let key = VerifierKey::parse(vkey).map_err(machine)?;
    Ok(LogView::of_store(tree, Arc::from(note), key))
}

fn machine(error: impl std::error::Error) -> CliError {
    CliError::Machine(whole(&error))
}

impl From<BookError> for CliError {
    fn from(error: BookError) -> Self {
        Self::Machine(whole(&error))
    }
}

impl From<EvidenceError> for CliError {
    fn from(error: EvidenceError) -> Self {
        let text = whole(&error);
        match error {
            EvidenceError::NotFound | EvidenceError::TooLarge => Self::Input(text),
            EvidenceError::Altered(_) | EvidenceError::Item(_) | EvidenceError::SetUp => {
                Self::CheckFailed(text)
            }
            _ => Self::Machine(text),
        }
    }
}
