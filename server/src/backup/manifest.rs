//! What is in a backup: lists of pieces, whose they are, what came before; signed by headquarters.
//!
//! The text of a manifest is a signature in base64, a line feed, and one object of JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hattama_proto::{
    id::{ElectionId, FileHash},
    key::PublicKey,
    time::UnixMillis,
};
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::piece::Piece;

/// Stands before what is signed, so that no record, statement or checkpoint can be taken for it.
const SIGNED: &[u8] = b"hattama-backup-manifest/1\n";

/// Pieces in one list: a list of which nothing changed is not written again.
pub(super) const LISTED: usize = 1000;

/// What one backup holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// Version of this format.
    pub(super) format: u32,
    /// Its place, from 1.
    pub(super) number: u64,
    /// SHA-256 of the file of the backup before it; none of the first.
    pub(super) previous: Option<FileHash>,
    /// Name of the folder that it was made into.
    pub(super) target: String,
    /// When it began, by headquarters' clock.
    pub(super) made_at_ms: UnixMillis,
    /// The program that made it.
    pub(super) program: String,
    /// The last migration of the store.
    pub(super) schema: i64,
    /// The election.
    pub(super) election: ElectionId,
    /// Public half of the root key, as the settings name it.
    pub(super) root_key: PublicKey,
    /// Public half of the key that signs this.
    pub(super) hq_key: PublicKey,
    /// What pieces are named with, in base64.
    pub(super) names: String,
    /// To whom all of it is sealed.
    pub(super) recipients: Vec<String>,
    /// Entries of the log.
    pub(super) entries: u64,
    /// Whether headquarters' keys are in it.
    pub(super) keys: Vec<String>,
    /// Every table, in the order in which a store is filled.
    pub(super) tables: Vec<TablePieces>,
    /// Lists of photographs.
    pub(super) photographs: Vec<Piece>,
    /// How many photographs there are.
    pub(super) photograph_count: u64,
    /// Photographs that the log calls whole and that were not there, or were altered.
    pub(super) absent: Vec<String>,
    /// Lists of [`NamedFile`]s.
    pub(super) files: Vec<Piece>,
}

/// One table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TablePieces {
    /// Its name.
    pub(super) name: String,
    /// How many rows.
    pub(super) rows: u64,
    /// Lists of its pages, each a piece.
    pub(super) pages: Vec<Piece>,
}

/// A file of the data folder: its path there, with slashes, and its content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct NamedFile(pub(super) String, pub(super) Piece);

impl Manifest {
    /// The text, signed.
    pub(super) fn sign(&self, pair: &Ed25519KeyPair) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("a manifest is JSON");
        let signature = pair.sign(&[SIGNED, &json].concat());
        let mut text = STANDARD.encode(signature.as_ref()).into_bytes();
        text.push(b'\n');
        text.extend(json);
        text
    }

    /// Reads a text, zeros behind it or not; none unless the key that it names signed it.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let end = text.iter().rposition(|byte| *byte != 0)? + 1;
        let line = text.iter().position(|byte| *byte == b'\n')?;
        let signature = STANDARD.decode(&text[..line]).ok()?;
        let json = text.get(line + 1..end)?;
        let manifest: Self = serde_json::from_slice(json).ok()?;
        UnparsedPublicKey::new(&ED25519, manifest.hq_key.as_bytes())
            .verify(&[SIGNED, json].concat(), &signature)
            .ok()?;
        (manifest.format == 1).then_some(manifest)
    }

    /// What pieces are named with.
    pub(super) fn secret(&self) -> Option<[u8; 32]> {
        STANDARD.decode(&self.names).ok()?.try_into().ok()
    }
}

/// Name of the file of a backup.
pub(super) fn file_name(number: u64) -> String {
    format!("backups/{number:06}.age")
}

/// Name of the file of a piece, by its own name.
pub(super) fn piece_file(name: &str) -> String {
    format!("pieces/{}/{name}.age", &name[..2])
}
