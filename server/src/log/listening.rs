//! Follows what other processes on the same database log, so that every one of them shows it: lists,
//! live streams and webhooks all look at how far this process knows the log.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::sequencer::Sequencer;
use crate::store::News;

/// Listens until it is dropped or told to stop.
#[derive(Debug)]
pub struct Listening(JoinHandle<()>);

impl Listening {
    /// Has the sequencer look whenever there may be something new, and does what else has to be done
    /// meanwhile. Does not keep the sequencer going.
    pub fn start(
        mut news: News,
        sequencer: &Sequencer,
        meanwhile: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let look = sequencer.look();
        let listen = async move {
            loop {
                news.next().await;
                look.notify_one();
            }
        };
        Self(tokio::spawn(async move {
            tokio::join!(listen, meanwhile);
        }))
    }

    /// Listens no more.
    pub fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What makes a sequencer look.
pub(super) type Look = Arc<tokio::sync::Notify>;
