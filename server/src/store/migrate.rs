//! Which migrations a database still needs: one commented set for both engines.
//!
//! A migration is a text with tokens for what the engines call differently. What was applied is
//! kept in the table `migration` with the hash of that text, so that an edited migration and a
//! newer database are noticed before anything is touched. Rules: `server/migrations/README.md`.

use std::fmt::Write;

use super::StoreError;

/// The table that tells what was applied. Made by the runner itself, before the first migration.
pub(super) const MIGRATION_TABLE: &str = "\
create table if not exists migration (
    -- From 1, without gaps: the number in the file's name.
    number        {INT}  primary key,
    -- The file's name without its ending.
    name          {TEXT} not null,
    -- SHA-256 of the file, 64 lower-case hex digits: a released migration is never edited.
    sha256        {TEXT} not null check (length(sha256) = 64),
    -- Unix milliseconds, this machine's clock.
    applied_at_ms {INT}  not null
) {STRICT};";

/// What [`applied`](plan) is read with.
pub(super) const APPLIED: &str = "select number, name, sha256 from migration order by number";

/// What one applied migration is noted with.
pub(super) const NOTE: &str =
    "insert into migration (number, name, sha256, applied_at_ms) values ($1, $2, $3, $4)";

/// One numbered step of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Migration {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$(Migration {
            name: $name,
            text: include_str!(concat!("../../migrations/", $name, ".sql")),
        }),+]
    };
}

/// All of them, in order; the number is the place in this list, from 1.
pub(super) const MIGRATIONS: &[Migration] = migrations![
    "0001_record",
    "0002_log",
    "0003_statement",
    "0004_device",
    "0005_unit",
    "0006_photo",
    "0007_incident",
    "0008_publication",
    "0009_account",
    "0010_pack",
    "0011_cosignature",
    "0012_people",
    "0013_role_change",
    "0014_incident_review",
    "0015_webhook",
    "0016_transcription",
    "0017_vault",
    "0018_roster",
    "0019_device_report",
    "0020_field_message",
    "0021_carry_over",
    "0022_transcription_by_unit",
    "0023_incident_board",
    "0024_publication_mapping",
    "0025_sample",
    "0026_release",
    "0027_hardware",
    "0028_log_signer",
    "0029_statement_by_kind",
    "0030_record_held",
    "0031_unit_entry",
];

/// The number of the last migration of this program.
pub(super) fn last_number() -> i64 {
    number_of(MIGRATIONS.len())
}

/// What a token of a migration stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dialect {
    /// `strict` tables, and `without rowid` for those that are one tree, because SQLite would take a text in an integer column otherwise;
    /// `integer`, because only that makes a primary key the place in the file.
    Sqlite,
    /// Texts with collation `C`, so that they sort byte by byte as on SQLite.
    Postgres,
}

impl Dialect {
    /// `text` as this engine understands it.
    pub(super) fn translate(self, text: &str) -> String {
        let (int, bytes, words, strict, clustered) = match self {
            Self::Sqlite => ("integer", "blob", "text", "strict", "strict, without rowid"),
            Self::Postgres => ("bigint", "bytea", "text collate \"C\"", "", ""),
        };
        text.replace("{INT}", int)
            .replace("{BYTES}", bytes)
            .replace("{TEXT}", words)
            .replace("{STRICT}", strict)
            .replace("{CLUSTERED}", clustered)
    }
}

/// What a database says of one migration it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Applied {
    pub(super) number: i64,
    pub(super) name: String,
    pub(super) sha256: String,
}

/// A migration to run, with what is noted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) number: i64,
    pub(super) migration: Migration,
}

/// What is still to be run, in order. Pure, so that every refusal is decided before any change.
pub(super) fn plan(known: &[Migration], applied: &[Applied]) -> Result<Vec<Pending>, StoreError> {
    if let Some(last) = applied.last()
        && last.number > number_of(known.len())
    {
        return Err(StoreError::Newer { found: last.number, known: number_of(known.len()) });
    }
    for (index, applied) in applied.iter().enumerate() {
        let same = known.get(index).is_some_and(|known| {
            applied.number == number_of(index + 1)
                && applied.name == known.name
                && applied.sha256 == sha256_hex(known.text)
        });
        if !same {
            return Err(StoreError::Edited { number: applied.number, name: applied.name.clone() });
        }
    }
    let pending = known.iter().enumerate().skip(applied.len());
    Ok(pending
        .map(|(at, migration)| Pending { number: number_of(at + 1), migration: *migration })
        .collect())
}

/// Refuses a database that is not at the last migration, where none may be run.
pub(super) fn refuse_unless_current(
    known: &[Migration],
    applied: &[Applied],
) -> Result<(), StoreError> {
    if plan(known, applied)?.is_empty() {
        return Ok(());
    }
    Err(StoreError::Older { found: number_of(applied.len()), known: number_of(known.len()) })
}

/// SHA-256 of a migration, in lower-case hex.
pub(super) fn sha256_hex(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
        hex
    })
}

fn number_of(count: usize) -> i64 {
    i64::try_from(count).expect("there are fewer than 2^63 migrations")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Migration] = &[
        Migration { name: "0001_a", text: "create table a (x {INT})" },
        Migration { name: "0002_b", text: "create table b (x {BYTES})" },
    ];

    fn applied(count: usize) -> Vec<Applied> {
        let note = |(at, known): (usize, &Migration)| Applied {
            number: number_of(at + 1),
            name: known.name.to_owned(),
            sha256: sha256_hex(known.text),
        };
        KNOWN.iter().enumerate().take(count).map(note).collect()
    }

    #[test]
    fn only_what_is_missing_is_planned() {
        let numbers = |count| {
            plan(KNOWN, &applied(count)).unwrap().iter().map(|p| p.number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(0), [1, 2]);
        assert_eq!(numbers(1), [2]);
        assert_eq!(numbers(2), [] as [i64; 0]);
    }

    #[test]
    fn a_newer_database_is_refused() {
        let refused = plan(&KNOWN[..1], &applied(2));
        assert!(matches!(refused, Err(StoreError::Newer { found: 2, known: 1 })), "{refused:?}");
    }

    #[test]
    fn an_edited_renamed_or_skipped_migration_is_refused() {
        let mut edited = applied(2);
        edited[0].sha256 = sha256_hex("another text");
        let mut renamed = applied(2);
        renamed[1].name = "0002_c".to_owned();
        let skipped = applied(2).split_off(1);
        for applied in [edited, renamed, skipped] {
            let refused = plan(KNOWN, &applied);
            assert!(matches!(refused, Err(StoreError::Edited { .. })), "{refused:?}");
        }
    }

    #[test]
    fn every_file_is_listed_under_its_number() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".sql").map(str::to_owned))
            .collect();
        files.sort();
        assert_eq!(files, MIGRATIONS.iter().map(|known| known.name).collect::<Vec<_>>());
        let mut last = 0;
        for name in &files {
            let number: i64 = name[..4].parse().unwrap();
            assert!(number > last && name[4..].starts_with('_'), "{name}");
            last = number;
        }
    }

    #[test]
    fn every_column_has_a_token_type_and_every_table_is_strict() {
        for Migration { name, text } in MIGRATIONS {
            let tables = text.matches("create table").count();
            let ends = ["\n) {STRICT};", "\n) {CLUSTERED};"];
            let ended: usize = ends.iter().map(|end| text.matches(end).count()).sum();
            assert_eq!(ended, tables, "{name}");
            let columns = text.lines().filter(|line| {
                let clauses = ["--", "check", "primary key", "unique"];
                line.starts_with("    ")
                    && !clauses.iter().any(|clause| line.trim().starts_with(clause))
            });
            for column in columns {
                let kind =
                    column.trim_end_matches(',').split_whitespace().nth(1).unwrap_or_default();
                assert!(["{INT}", "{TEXT}", "{BYTES}"].contains(&kind), "{name}: {column}");
            }
        }
    }
}
