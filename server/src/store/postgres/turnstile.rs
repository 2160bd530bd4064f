//! A queue of the processes that want to log: who holds it logs next.
//!
//! It makes a group cheaper and nothing safer. Without it two busy processes build their groups on the
//! same tree, send them, and one of them has to build and send again. The turn itself is still decided by
//! the row that each group moves, so whoever comes through here late, or not at all, goes on without.
//!
//! The lock is that of a transaction in a session of its own: it ends with the transaction whatever pool
//! of sessions is between us and the server, and the server itself ends the transaction of a process that
//! stands still.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::Client;

use super::{CONNECT, SESSION, news::Line};

/// What the lock is called: "Hattama>" as a big-endian number. Whoever asks waits for a second: many
/// groups are through by then.
const COME: &str = "\
    begin;
    set local lock_timeout to '1s';
    select pg_advisory_xact_lock(5215577886671331646)";

const GO: &str = "commit";

/// How long nobody is waited for after it was in vain.
const PAUSE: Duration = Duration::from_secs(10);

/// The place of one process in the queue.
pub struct Turnstile {
    line: Arc<Line>,
    session: Option<Session>,
    is_held: bool,
    /// Until when groups go on without.
    pause_until: Option<Instant>,
}

struct Session {
    /// Ends the session when it is dropped.
    client: Client,
    reading: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl Turnstile {
    pub(super) const fn new(line: Arc<Line>) -> Self {
        Self { line, session: None, is_held: false, pause_until: None }
    }

    /// Waits until it is our turn, or for a second; where there is no answer at all, five. Says whether it
    /// is our turn.
    pub async fn come(&mut self) -> bool {
        if self.is_held || self.pause_until.is_some_and(|until| Instant::now() < until) {
            return self.is_held;
        }
        self.is_held = timeout(CONNECT, self.ask()).await.unwrap_or(false);
        self.pause_until = None;
        if !self.is_held {
            // A session in doubt is ended: with it goes whatever it may hold by now.
            self.session = None;
            self.pause_until = Some(Instant::now() + PAUSE);
        }
        self.is_held
    }

    async fn ask(&mut self) -> bool {
        if self.session.is_none() {
            self.session = open(&self.line).await;
        }
        match &self.session {
            Some(session) => session.client.batch_execute(COME).await.is_ok(),
            None => false,
        }
    }

    /// Lets the next one come.
    pub async fn go(&mut self) {
        if !std::mem::take(&mut self.is_held) {
            return;
        }
        if let Some(session) = &self.session {
            let gone = timeout(CONNECT, session.client.batch_execute(GO)).await;
            if !matches!(gone, Ok(Ok(()))) {
                self.session = None;
            }
        }
    }
}

async fn open(line: &Line) -> Option<Session> {
    let (client, connection) = line.config.connect(line.tls.clone()).await.ok()?;
    let reading = tokio::spawn(async move { drop(connection.await) });
    let session = Session { client, reading };
    session.client.batch_execute(SESSION).await.ok()?;
    Some(session)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_lock_is_called_what_its_comment_says() {
        let number = i64::from_be_bytes(*b"Hattama>");
        assert!(super::COME.contains(&number.to_string()), "{number}");
    }
}
