//! `hattama-observer receipts`: what headquarters cannot deny any more.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use hattama_client_core::{Notebook, RecordItem};
use hattama_proto::kind::Role;
use serde_json::json;

use super::{At, CliError, open::Beginning, output, table};

const AFTER_HELP: &str = "\
With --export every record is written as ID.jws, its receipt as ID.tlog-proof, the receipts of \
photographs as HASH.tlog-proof, the log's key as log.vkey, and your public keys as results.key \
and incidents.key. Two heads of the log that nothing joins, if there are any, are written as \
log-N.fork. Anybody checks them offline, for instance with

  hattama verify --vkey log.vkey --key results.key ID.jws ID.tlog-proof";

/// Most records that are read at once.
const PAGE: u32 = 500;

/// Flags of `hattama-observer receipts`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Receipts {
    /// Write records and receipts into this folder
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
}

/// One record and what it has receipts for.
struct Held {
    item: RecordItem,
    receipt: Option<String>,
    photos: Vec<(String, String)>,
}

impl Receipts {
    /// Shows or writes them.
    pub(super) fn run(&self, at: &At) -> Result<(), CliError> {
        let notebook = at.open(Beginning::Refused)?;
        let all = read(&notebook)?;
        if let Some(folder) = &self.export {
            let written = export(&notebook, &all, folder)?;
            output::note(&format!("{written} receipts written into {}", folder.display()));
        }
        let forks = notebook.forks()?.len();
        if forks > 0 {
            output::note(&format!(
                "ALARM: headquarters showed {forks} pair(s) of heads of its log that nothing joins. \
                 They are kept; with --export they are written as log-N.fork. Show them to somebody \
                 outside headquarters, who checks them with `hattama verify --vkey KEY log-N.fork`."
            ));
        }
        if at.json {
            return output::say_json(&all.iter().map(|held| json!({
                "record": held.item.id,
                "receipt": held.receipt,
                "photos": held.photos.iter().map(|(hash, receipt)| (hash, receipt)).collect::<std::collections::BTreeMap<_, _>>(),
            })).collect::<Vec<_>>());
        }
        if all.is_empty() {
            return output::say("No records here.");
        }
        let rows: Vec<_> = all
            .iter()
            .map(|held| {
                let receipt = if held.receipt.is_some() { "yes" } else { "not yet" };
                let photos = match held.item.photos.len() {
                    0 => String::new(),
                    all => format!("{}/{all}", held.photos.len()),
                };
                let kind = held.item.kind.name().to_owned();
                [kind, receipt.to_owned(), photos, held.item.id.to_string()]
            })
            .collect();
        output::say(&table::render(["kind", "receipt", "pictures", "record"], &rows))
    }
}

fn read(notebook: &Notebook) -> Result<Vec<Held>, CliError> {
    let mut all = Vec::new();
    let mut skip = 0;
    loop {
        let page = notebook.list(skip, PAGE)?;
        let len = u32::try_from(page.len()).unwrap_or(PAGE);
        for item in page {
            let receipt = notebook.record_receipt(item.id)?;
            let mut photos = Vec::new();
            for photo in &item.photos {
                if let Some(receipt) = notebook.photo_receipt(photo.hash)? {
                    photos.push((photo.hash.to_string(), receipt));
                }
            }
            all.push(Held { item, receipt, photos });
        }
        if len < PAGE {
            return Ok(all);
        }
        skip += PAGE;
    }
}

fn export(notebook: &Notebook, all: &[Held], folder: &Path) -> Result<usize, CliError> {
    fs::create_dir_all(folder).map_err(|error| CliError::unwritable(folder, &error))?;
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| CliError::unwritable(&path, &error))
    };
    if let Some(pack) = notebook.pack()? {
        write("log.vkey", &format!("{}\n", pack.election.keys.log_vkey))?;
    }
    for role in Role::ALL {
        write(&format!("{}.key", role.name()), &format!("{}\n", notebook.public_key(role)))?;
    }
    for (number, fork) in notebook.forks()?.iter().enumerate() {
        write(&format!("log-{}.fork", number + 1), &fork.to_text())?;
    }
    for (number, epoch) in notebook.epochs()?.iter().enumerate() {
        write(&format!("epoch-{}.jws", number + 1), epoch)?;
    }
    for lost in notebook.lost_receipts()? {
        write(&format!("{}.lost.tlog-proof", lost.subject), &lost.receipt)?;
    }
    let mut written = 0;
    for held in all {
        let id = held.item.id;
        write(&format!("{id}.jws"), &notebook.signed_text(id)?)?;
        if let Some(receipt) = &held.receipt {
            write(&format!("{id}.tlog-proof"), receipt)?;
            written += 1;
        }
        for (hash, receipt) in &held.photos {
            write(&format!("{hash}.tlog-proof"), receipt)?;
            written += 1;
        }
    }
    Ok(written)
}
