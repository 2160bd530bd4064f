//! `hattama unseal`: photographs that phones sealed are opened, later than they came or by another way.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use clap::Args;
use hattama_proto::id::PhotoHash;
use zip::ZipArchive;

use super::{CliError, error::whole, output, serve::runtime};
use crate::{
    app::Headquarters,
    clock,
    config::Config,
    folder::DataFolder,
    ingest::{Brought, PhotoError, Photos, TakenIn},
    keys,
};

const AFTER_HELP: &str = "\
Where the election set-up asks for it, phones seal photographs when they are taken. Those that \
keys/sealing.age opens are opened as they arrive. Others are kept in sealed/ as they came, without a \
receipt, until this command finds a key that opens them. The files have the form of age: \
`age --decrypt --identity KEY FILE` opens one without us.

FILES are sealed photographs that came on a stick: HASH.age, or a bundle (.zip) with photos/HASH.age. \
Their records have to be here first.

Headquarters must not be served meanwhile. Keep an offline key offline again afterwards.

Examples:
  hattama unseal --folder hq --identity /media/offline/second.age
  hattama unseal --folder hq stick/bundle.zip";

/// Flags of `hattama unseal`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Unseal {
    /// Folder of the headquarters
    #[arg(long, value_name = "DIR", env = "HATTAMA_FOLDER")]
    folder: PathBuf,
    /// A file with identities of age, as `age-keygen` writes it; besides keys/sealing.age. Repeat it for
    /// several
    #[arg(long = "identity", value_name = "FILE")]
    identities: Vec<PathBuf>,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
    /// Sealed photographs, or bundles with some
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Unseal {
    /// Takes in what can be opened.
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut keys = Vec::new();
        for path in &self.identities {
            keys.extend(keys::identities(path).map_err(|error| CliError::Input(whole(&error)))?);
        }
        let folder = DataFolder::open(&self.folder)?;
        let config = Config::load(&folder.config())?;
        let done = runtime()?.block_on(async {
            let headquarters = Headquarters::open_with(&folder, config, clock::system).await?;
            let done = async {
                for path in &self.files {
                    bring(&headquarters.photos, path).await?;
                }
                Ok::<_, CliError>(headquarters.photos.unseal_held(&keys).await?)
            }
            .await;
            headquarters.close().await;
            done
        })?;
        if self.json {
            output::say_json(&done)?
        } else {
            output::say(&told(&done))?
        }
        match done.wrong.as_slice() {
            [] => Ok(()),
            wrong => Err(CliError::CheckFailed(format!(
                "{} sealed files were altered or hold something else than their records name; they \
                 are left in sealed/: {}",
                wrong.len(),
                wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            ))),
        }
    }
}

/// Hands over one file, or all sealed photographs of a bundle.
async fn bring(photos: &Photos, path: &Path) -> Result<(), CliError> {
    let unreadable = |error: std::io::Error| CliError::unreadable(path, &error);
    let mut file = File::open(path).map_err(unreadable)?;
    if !super::bundle::is_bundle(path) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let photo = photo_of(name).ok_or_else(|| {
            CliError::Input(format!(
                "{} is not called HASH.age, by the hash of the photograph in it",
                path.display()
            ))
        })?;
        return said(path, photo, photos.bring_sealed(photo, &mut file).await?);
    }
    let broken = |error: zip::result::ZipError| {
        CliError::Input(format!("{} is no bundle: {error}", path.display()))
    };
    let mut zip = ZipArchive::new(file).map_err(broken)?;
    for index in 0..zip.len() {
        let mut bytes = Vec::new();
        let photo = {
            let mut piece = zip.by_index(index).map_err(broken)?;
            let name = piece.name().map_err(broken)?.into_owned();
            let Some(photo) = name.strip_prefix("photos/").and_then(photo_of) else { continue };
            let longest = hattama_proto::limits::SEALED_BYTES_MAX + 1;
            piece.by_ref().take(longest).read_to_end(&mut bytes).map_err(unreadable)?;
            photo
        };
        said(path, photo, photos.bring_sealed(photo, &mut bytes.as_slice()).await?)?;
    }
    Ok(())
}

fn photo_of(name: &str) -> Option<PhotoHash> {
    name.strip_suffix(".age")?.parse().ok()
}

/// What is worth a line.
fn said(path: &Path, photo: PhotoHash, brought: Brought) -> Result<(), CliError> {
    let what = match brought {
        Brought::Kept | Brought::Known => return Ok(()),
        Brought::Unnamed => "no record here names it; bring the records first",
        Brought::Wrong => "it is longer or shorter than what its record names",
    };
    output::say(&format!("{}: {photo}: {what}", path.display()))
}

fn told(done: &TakenIn) -> String {
    let mut text = format!("{} photographs were opened and taken in.\n", done.taken);
    for (count, what) in [
        (done.known, "were here already; their sealed files are gone now"),
        (done.held, "wait for another key"),
        (done.unnamed, "are named by no record here yet"),
    ] {
        if count > 0 {
            text.push_str(&format!("{count} {what}.\n"));
        }
    }
    text
}

impl From<PhotoError> for CliError {
    fn from(error: PhotoError) -> Self {
        Self::Machine(whole(&error))
    }
}
