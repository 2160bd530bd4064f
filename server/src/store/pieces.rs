//! Pieces of photographs that have not come whole, lent from one process to the others on one PostgreSQL.
//!
//! Scratch, like the files in `partial/`: the table is not written to the server's log, is empty after
//! its crash, is in no backup and moves nowhere. A photograph's hash decides what they were worth.

use hattama_proto::{id::PhotoHash, time::UnixMillis};

use super::{
    Batch, Db, StoreError,
    log::{integer, unsigned},
};
use crate::clock::DAY_MS;

/// Makes the table, on PostgreSQL alone: no migration of the schema, because it holds nothing that a
/// later version has to read.
pub(super) const TABLE: &str = "\
    create unlogged table if not exists photo_piece (
        -- SHA-256 of the photograph, as 64 hex digits.
        photo      text   not null,
        -- Length of the file that comes, in bytes.
        size       bigint not null,
        -- SHA-256 of the sealed file, if that is what comes; else empty.
        sealed     text   not null,
        -- Place of the first byte in the file, and of the one after the last.
        first_byte bigint not null,
        end_byte   bigint not null,
        bytes      bytea  not null,
        -- When it was lent, Unix milliseconds.
        lent_at_ms bigint not null,
        primary key (photo, size, sealed, first_byte)
    )";

/// Keeps the bytes as they come; said once, where it is not so yet. A photograph is compressed already, and
/// PostgreSQL would try again with each piece.
pub(super) const AS_THEY_COME: &str = "
    do $$ begin
        if exists (select from pg_catalog.pg_attribute
                    where attrelid = 'photo_piece'::regclass and attname = 'bytes'
                      and attstorage <> 'e') then
            alter table photo_piece alter column bytes set storage external;
        end if;
    end $$";

/// Gives up what was lent before `$1`, when a process starts: its phone has long begun again, or never will.
pub(super) const GIVE_UP_OLD: &str = "delete from photo_piece where lent_at_ms < $1";

/// How long a piece waits for the rest, in milliseconds. A phone that comes later sends it again.
pub(super) const LENT_MS: i64 = 30 * DAY_MS;

/// Which file a piece is of.
#[derive(Clone, Copy, Debug)]
pub struct Of {
    /// The photograph.
    pub photo: PhotoHash,
    /// Length of the file that comes, in bytes.
    pub size: u64,
    /// SHA-256 of the sealed file, if that is what comes.
    pub sealed: Option<PhotoHash>,
}

impl Of {
    fn key(&self) -> [super::Value; 3] {
        let sealed = self.sealed.map_or_else(String::new, |sealed| sealed.to_hex());
        [self.photo.to_hex().into(), integer(self.size), sealed.into()]
    }
}

/// Lends the bytes from `first` on. Of two pieces that begin at one place the longer one stays.
pub fn lend(of: &Of, first: u64, bytes: Vec<u8>, now: UnixMillis) -> Batch {
    let end = first + bytes.len() as u64;
    let [photo, size, sealed] = of.key();
    Batch::new().step(
        "insert into photo_piece (photo, size, sealed, first_byte, end_byte, bytes, lent_at_ms)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (photo, size, sealed, first_byte) do update
         set end_byte = excluded.end_byte, bytes = excluded.bytes, lent_at_ms = excluded.lent_at_ms
         where excluded.end_byte > photo_piece.end_byte",
        [photo, size, sealed, integer(first), integer(end), bytes.into(), now.0.into()],
    )
}

/// Where the pieces of a file begin and end.
pub async fn of(db: &Db, of: &Of) -> Result<Vec<(u64, u64)>, StoreError> {
    let rows = db
        .query(
            "select first_byte, end_byte from photo_piece
              where photo = $1 and size = $2 and sealed = $3 order by first_byte",
            &of.key(),
        )
        .await?;
    rows.iter().map(|row| Ok((unsigned(row.int(0)?), unsigned(row.int(1)?)))).collect()
}

/// The bytes of one piece; none if it is gone.
pub async fn bytes(db: &Db, of: &Of, first: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let [photo, size, sealed] = of.key();
    let rows = db
        .query(
            "select bytes from photo_piece
              where photo = $1 and size = $2 and sealed = $3 and first_byte = $4",
            &[photo, size, sealed, integer(first)],
        )
        .await?;
    rows.first().map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()
}

/// Whether there is a piece of this photograph at all: of most there never is.
pub async fn any(db: &Db, photo: &PhotoHash) -> Result<bool, StoreError> {
    let row = db
        .query_opt("select 1 from photo_piece where photo = $1 limit 1", &[photo.to_hex().into()])
        .await?;
    Ok(row.is_some())
}

/// Gives all pieces of a photograph up: it is whole, or they were not its own.
pub fn give_up(photo: &PhotoHash) -> Batch {
    Batch::new().step("delete from photo_piece where photo = $1", [photo.to_hex().into()])
}
