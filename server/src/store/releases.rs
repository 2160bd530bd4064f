//! What is made public: drafts, and what became of each. Append-only.

use hattama_proto::{
    id::{ReleaseHash, StatementId},
    time::UnixMillis,
};

use super::{Batch, Db, Row, StoreError, Value, log::integer, records::unreadable};

/// A draft, without its content.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Sixteen hex digits.
    pub id: String,
    /// Hash of its content.
    pub content: ReleaseHash,
    /// The release that it corrects.
    pub corrects: Option<u32>,
    /// The account that proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: UnixMillis,
    /// What became of it; none while it waits.
    pub outcome: Option<Outcome>,
}

/// What became of a draft.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The release it became, with its statement; none if it was withdrawn.
    pub release: Option<(u32, StatementId)>,
    /// The account that decided.
    pub by: String,
    /// When.
    pub at: UnixMillis,
}

pub(super) const ADD_DRAFT: &str =
    "insert into release_draft (draft, sha256, content, corrects, proposed_by, proposed_at_ms)
     values ($1, $2, $3, $4, $5, $6)";

pub(super) const ADD_OUTCOME: &str =
    "insert into release_outcome (draft, number, statement_id, decided_by, decided_at_ms)
     values ($1, $2, $3, $4, $5)";

/// Keeps a draft with its content.
pub fn propose(draft: &Draft, content: &[u8]) -> Batch {
    Batch::new().step(
        ADD_DRAFT,
        [
            draft.id.as_str().into(),
            draft.content.to_hex().into(),
            content.into(),
            number(draft.corrects),
            draft.proposed_by.as_str().into(),
            draft.proposed_at.0.into(),
        ],
    )
}

/// Says what became of a draft; the batch fails where somebody said so first, or where the number is
/// taken.
pub fn decide(draft: &str, outcome: &Outcome) -> Batch {
    let release = outcome.release.as_ref();
    Batch::new().step(
        ADD_OUTCOME,
        [
            draft.into(),
            number(release.map(|(number, _)| *number)),
            release.map(|(_, statement)| statement.to_hex()).into(),
            outcome.by.as_str().into(),
            outcome.at.0.into(),
        ],
    )
}

/// Every draft, the oldest first.
pub async fn all(db: &Db) -> Result<Vec<Draft>, StoreError> {
    let rows = db
        .query(
            "select d.draft, d.sha256, d.corrects, d.proposed_by, d.proposed_at_ms, o.number,
                    o.statement_id, o.decided_by, o.decided_at_ms
               from release_draft d left join release_outcome o on o.draft = d.draft
              order by d.proposed_at_ms, d.draft",
            &[],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The content of a draft, byte for byte.
pub async fn content(db: &Db, draft: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let row =
        db.query_opt("select content from release_draft where draft = $1", &[draft.into()]).await?;
    row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()
}

fn read(row: &Row) -> Result<Draft, StoreError> {
    let small = |value: i64| u32::try_from(value).map_err(|_| unreadable("a release's number"));
    let outcome = match (row.opt_text(7)?, row.opt_int(8)?) {
        (Some(by), Some(at)) => {
            let statement = row.opt_text(6)?.map(str::parse).transpose();
            let statement = statement.map_err(|_| unreadable("a statement id"))?;
            let number = row.opt_int(5)?.map(small).transpose()?;
            let at = UnixMillis(at);
            Some(Outcome { release: number.zip(statement), by: by.to_owned(), at })
        }
        _ => None,
    };
    Ok(Draft {
        id: row.text(0)?.to_owned(),
        content: row.text(1)?.parse().map_err(|_| unreadable("the hash of a release"))?,
        corrects: row.opt_int(2)?.map(small).transpose()?,
        proposed_by: row.text(3)?.to_owned(),
        proposed_at: UnixMillis(row.int(4)?),
        outcome,
    })
}

fn number(value: Option<u32>) -> Value {
    value.map_or(Value::Null, |value| integer(u64::from(value)))
}
