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
    /// Has the sequencer look whenever there may be something new. Does not keep it going.
    pub fn start(mut news: News, sequencer: &Sequencer) -> Self {
        let look = sequencer.look();
        Self(tokio::spawn(async move {
            loop {
                news.next().await;
                look.notify_one();
            }
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
