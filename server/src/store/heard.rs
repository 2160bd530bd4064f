//! When each device was last heard, and what it said still waits on it. The newest word only.

use hattama_proto::{id::Kid, time::UnixMillis, wire::Waiting};

use super::{
    Batch, Db, StoreError, Value,
    log::{integer, unsigned},
    records::unreadable,
};

/// What a device said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// When, by headquarters' clock.
    pub at: UnixMillis,
    /// What waits on it; none where it did not say.
    pub waiting: Option<Waiting>,
    /// When the oldest record that waits was captured; none where nothing waits or it did not say.
    pub oldest_at: Option<UnixMillis>,
    /// Up to which place of its feed it has come; none where it did not say.
    pub feed_after: Option<u64>,
}

pub(super) const HEAR: &str =
    "insert into device_report (kid, heard_at_ms, waiting, oldest_at_ms, feed_after)
     values ($1, $2, $3, $4, $5)
     on conflict (kid) do update
     set heard_at_ms = excluded.heard_at_ms, waiting = excluded.waiting,
         oldest_at_ms = excluded.oldest_at_ms, feed_after = excluded.feed_after";

/// Puts a device's newest word in the place of the one before.
pub fn hear(kid: &Kid, heard: &Heard) -> Batch {
    let waiting = heard.waiting.map(|waiting| waiting.to_string());
    Batch::new().step(
        HEAR,
        [
            kid.to_string().into(),
            heard.at.0.into(),
            waiting.map_or(Value::Null, Value::from),
            heard.oldest_at.map_or(Value::Null, |at| Value::Int(at.0)),
            heard.feed_after.map_or(Value::Null, integer),
        ],
    )
}

/// The newest word of every device that was heard at this moment or later.
pub async fn since(db: &Db, at: UnixMillis) -> Result<Vec<(Kid, Heard)>, StoreError> {
    let rows = db
        .query(
            "select kid, heard_at_ms, waiting, oldest_at_ms, feed_after from device_report
              where heard_at_ms >= $1",
            &[at.0.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let waiting = row.opt_text(2)?.map(str::parse).transpose();
            let heard = Heard {
                at: UnixMillis(row.int(1)?),
                waiting: waiting.map_err(|_| unreadable("what waits on a device"))?,
                oldest_at: row.opt_int(3)?.map(UnixMillis),
                feed_after: row.opt_int(4)?.map(unsigned),
            };
            Ok((super::records::kid(row.text(0)?)?, heard))
        })
        .collect()
}
