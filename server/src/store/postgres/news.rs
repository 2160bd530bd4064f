//! A session that listens: other processes say with each commit to the log that there is something new.
//!
//! What is told may be lost with the line, and a pool of sessions between us and the server may swallow
//! it. So nothing depends on it but how soon: whoever waits here looks every [`LOOK`] as well.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use tokio::{sync::Notify, task::JoinHandle, time::timeout};
use tokio_postgres::{AsyncMessage, Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::CONNECT;

/// How often to look where nothing was told: one small question, and soon enough for people.
const LOOK: Duration = Duration::from_secs(2);

/// The channel; a commit tells on it who committed.
const LISTEN: &str = "listen hattama_log";

/// What a commit says on the channel, in its own transaction.
pub(super) const TELL: &str = "select pg_notify('hattama_log', $1)";

/// How to open a session beside the pool.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
}

impl fmt::Debug for Line {
    /// Without the settings: they hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

/// Waits for what other processes on the same database log. Ends with this.
pub struct News {
    line: Arc<Line>,
    /// What we say ourselves is no news.
    own: String,
    session: Option<Session>,
}

/// The session, and what was told on it.
struct Session {
    /// Ends the session when it is dropped.
    client: Client,
    reading: JoinHandle<()>,
    told: Arc<Notify>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl News {
    pub(super) const fn new(line: Arc<Line>, own: String) -> Self {
        Self { line, own, session: None }
    }

    /// Returns when there may be something new: another process has said so, the line to the server
    /// was lost or is there again, or it is time to look. Seldom later than two seconds.
    pub async fn next(&mut self) {
        match self.session.take() {
            None => {
                self.session = timeout(CONNECT, listen(&self.line, &self.own)).await.ok().flatten();
                if self.session.is_none() {
                    tokio::time::sleep(LOOK).await;
                }
            }
            // With the last word of a session that ended comes a look, and the next call begins anew.
            Some(session) if session.reading.is_finished() => {}
            Some(session) => {
                let _looked = timeout(LOOK, session.told.notified()).await;
                self.session = Some(session);
            }
        }
    }
}

async fn listen(line: &Line, own: &str) -> Option<Session> {
    let (client, mut connection) = line.config.connect(line.tls.clone()).await.ok()?;
    let told = Arc::new(Notify::new());
    let (tell, own) = (Arc::clone(&told), own.to_owned());
    let reading = tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(said) = message
                && said.payload() != own
            {
                tell.notify_one();
            }
        }
        tell.notify_one();
    });
    let session = Session { client, reading, told };
    session.client.batch_execute(LISTEN).await.ok()?;
    Some(session)
}
