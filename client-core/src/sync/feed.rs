//! What headquarters has to say to this notebook. Pure.

use hattama_proto::{
    kind::Role,
    pack::PackManifest,
    problem::ProblemCode,
    statement::{Decision, Message, Revocation, Succession},
    wire::{Feed, FeedItem, FeedKind},
};

use super::{Change, Class, Engine, Heard, Trust, trust::statement};
use crate::Alarm;

impl Engine {
    /// What an answer of the feed changes.
    pub(crate) fn feed_read(
        &mut self,
        role: Role,
        after: u64,
        heard: &Heard<Feed>,
        trust: &Trust,
    ) -> Vec<Change> {
        let feed = match heard {
            Heard::Reply(feed) => feed,
            Heard::Problem(problem) if problem.code == ProblemCode::Unauthorized => {
                self.feed_done(role, false);
                return vec![
                    Change::TokenGone { role },
                    Change::Note { code: "token-gone", detail: role.name().to_owned() },
                ];
            }
            _ => {
                self.feed_done(role, false);
                return self.trouble(Class::Feed, heard);
            }
        };
        // Without a step forward another round would bring the same.
        let moves = feed.next > after || feed.items.iter().any(is_epoch);
        self.feed_done(role, !feed.items.is_empty() && moves);
        let mut changes = self.works(Class::Feed);
        for item in &feed.items {
            changes.extend(self.feed_item(item, trust));
        }
        // In a new epoch the feed goes on from before what this phone has read already.
        let next = if feed.items.iter().any(is_epoch) { feed.next } else { feed.next.max(after) };
        changes
            .push(Change::Fact { name: crate::outbox::feed(role), value: Some(next.to_string()) });
        changes
    }

    /// What is to be done when a newer set-up could not be fetched.
    pub(crate) fn trouble_with_feed<T>(&mut self, heard: &Heard<T>) -> Vec<Change> {
        self.trouble(Class::Feed, heard)
    }

    /// What is to be done when what came is not the set-up that the root signed.
    pub(crate) fn set_up_is_wrong(&mut self, why: &dyn std::fmt::Display) -> Vec<Change> {
        self.alarm(Alarm::SetUpRefused(why.to_string()));
        let mut changes = self.pause(Class::Feed);
        changes.push(Change::Note { code: "set-up-refused", detail: String::new() });
        changes
    }

    fn feed_item(&mut self, item: &FeedItem, trust: &Trust) -> Vec<Change> {
        let unsigned = || vec![Change::Note { code: "feed-refused", detail: item.at.to_string() }];
        match &item.item {
            FeedKind::Pack { manifest } => self.newer_set_up(manifest, trust),
            FeedKind::Revocation { statement } => {
                let Ok(revocation) = trust.statement::<Revocation>(statement) else {
                    return unsigned();
                };
                let kid = revocation.claims.body.kid;
                if !self.kids.contains(&kid) {
                    return Vec::new();
                }
                self.alarm(Alarm::Revoked(kid));
                vec![Change::Note { code: "key-revoked", detail: kid.to_string() }]
            }
            FeedKind::Decision { record, statement } => {
                match trust.statement::<Decision>(statement) {
                    Ok(decision) if decision.claims.body.record == *record => {
                        vec![Change::Decided {
                            record: *record,
                            issued_at: decision.claims.issued_at.0,
                            signer: trust.hq,
                            statement: statement.clone(),
                        }]
                    }
                    _ => unsigned(),
                }
            }
            FeedKind::Epoch { statement } => {
                self.epoch(statement, trust).unwrap_or_else(|_| unsigned())
            }
            FeedKind::Message { statement } => self.message(item.at, statement, trust),
            FeedKind::Succession { statement } => self.succession(item.at, statement, trust),
            FeedKind::SendOriginal { photo } => vec![Change::PhotoWanted { hash: *photo }],
            FeedKind::Unknown => Vec::new(),
        }
    }

    /// Kept if headquarters signed it and it is for the owner; a forged one is told to a human,
    /// because whoever can make one up can send people somewhere.
    fn message(&mut self, at: u64, text: &str, trust: &Trust) -> Vec<Change> {
        let refused = |code| vec![Change::Note { code, detail: at.to_string() }];
        let Ok(message) = trust.statement::<Message>(text) else {
            self.alarm(Alarm::MessageRefused);
            return refused("message-refused");
        };
        let ours = self.person.as_ref().is_some_and(|own| message.claims.body.is_to(own));
        if !ours {
            return refused("message-not-ours");
        }
        vec![Change::Message { id: message.id, signer: trust.hq, statement: text.to_owned() }]
    }

    /// Which election follows is said by the root alone.
    fn succession(&mut self, at: u64, text: &str, trust: &Trust) -> Vec<Change> {
        if statement::<Succession>(text, &trust.root, &trust.election).is_err() {
            self.alarm(Alarm::MessageRefused);
            return vec![Change::Note { code: "succession-refused", detail: at.to_string() }];
        }
        vec![Change::Fact { name: crate::outbox::SUCCESSION, value: Some(text.to_owned()) }]
    }

    fn newer_set_up(&mut self, manifest: &str, trust: &Trust) -> Vec<Change> {
        match statement::<PackManifest>(manifest, &trust.root, &trust.election) {
            Ok(newer) if newer.claims.body.version > trust.pack_version => vec![Change::Fact {
                name: crate::outbox::NEXT_MANIFEST,
                value: Some(manifest.to_owned()),
            }],
            Ok(_) => Vec::new(),
            Err(error) => {
                self.alarm(Alarm::SetUpRefused(error.to_string()));
                vec![Change::Note { code: "set-up-refused", detail: String::new() }]
            }
        }
    }
}

fn is_epoch(item: &FeedItem) -> bool {
    matches!(item.item, FeedKind::Epoch { .. })
}
