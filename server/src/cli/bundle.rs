//! Evidence bundles, for `hattama verify`.

use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::Path,
};

use hattama_proto::{key::PublicKey, tlog::VerifierKey};

use super::{CliError, error::whole, output, verify::Checked};
use crate::evidence::{Trust, judge};

/// Whether the file is a zip, by its name or by how it begins.
pub(super) fn is_bundle(path: &Path) -> bool {
    let named = path.extension().is_some_and(|extension| extension == "zip");
    let mut begins = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begins));
    named || (read.is_ok() && begins == *b"PK\x03\x04")
}

/// Says a sentence about each piece that holds; what the file comes to is told to the caller.
pub(super) fn checked(
    path: &Path,
    vkey: Option<&VerifierKey>,
    keys: &[PublicKey],
) -> Result<Checked, CliError> {
    let name = path.display();
    let vkey = vkey.ok_or_else(|| {
        CliError::Input(format!(
            "{name} is an evidence bundle: say which log's it should be with --vkey, as `hattama \
             init` printed it"
        ))
    })?;
    let file = File::open(path).map_err(|error| CliError::unreadable(path, &error))?;
    let trust = Trust { log: vkey.clone(), keys: keys.to_vec() };
    let judged = judge(BufReader::new(file), &trust);
    for said in &judged.said {
        output::say(&format!("{name}: {}: {}", said.piece, said.sentence))?;
    }
    if let Some(lie) = judged.lie {
        return Ok(Err(whole(&lie)));
    }
    let missing = judged.said.iter().filter(|said| said.is_missing()).count();
    let held = judged.said.len() - missing;
    Ok(Ok(match missing {
        0 => format!("holds: all {held} pieces"),
        missing => {
            format!("holds: all {held} pieces that are there; {missing} photographs MISSING")
        }
    }))
}
