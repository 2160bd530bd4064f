//! Twelve ways to cheat, each with whoever must be the first to see it.

use hattama_proto::{
    tlog::{Checkpoint, LogEntry, NoteSigner},
    wire::ReceiptPart,
};

use crate::liar::{Scene, verdict};

/// One way to cheat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cheat {
    Drop,
    Alter,
    Reorder,
    RollBack,
    ForkToTwoPhones,
    InsertWithAnOldDate,
    ReplayAnOldCheckpoint,
    SwapKeys,
    ReceiptForAnotherRecord,
    ReceiptWithoutInclusion,
    DecisionHidden,
    TileAlteredAfterPublication,
}

pub(crate) const ALL: [Cheat; 12] = [
    Cheat::Drop,
    Cheat::Alter,
    Cheat::Reorder,
    Cheat::RollBack,
    Cheat::ForkToTwoPhones,
    Cheat::InsertWithAnOldDate,
    Cheat::ReplayAnOldCheckpoint,
    Cheat::SwapKeys,
    Cheat::ReceiptForAnotherRecord,
    Cheat::ReceiptWithoutInclusion,
    Cheat::DecisionHidden,
    Cheat::TileAlteredAfterPublication,
];

impl Cheat {
    /// Who must see it.
    pub(crate) const fn seen_by(self) -> &'static str {
        match self {
            Self::ForkToTwoPhones => "witness",
            Self::DecisionHidden | Self::TileAlteredAfterPublication => "fsck",
            _ => "phone",
        }
    }

    /// Cheats once, and lets whoever can see it look once.
    pub(crate) fn play(self, scene: &mut Scene) {
        // A leaf that both phones have been given a signed head over.
        let len = scene.history.entries.len() as u64;
        let seen = scene.phones.iter().filter_map(|phone| phone.seen()).map(|seen| seen.size);
        let known = seen.min().unwrap().min(len);
        let at = usize::try_from(scene.dice.below(known)).unwrap();
        let fresh = LogEntry::Record(*scene.dice.id().as_bytes());
        let phone = usize::from(scene.dice.below(2) == 1);
        match self {
            Self::Drop => {
                scene.history.entries.remove(at);
                scene.send(phone);
            }
            Self::Alter => {
                scene.history.entries[at] = fresh;
                scene.send(phone);
            }
            Self::Reorder => {
                let other = (at + 1) % usize::try_from(known).unwrap();
                scene.history.entries.swap(at, other);
                scene.send(phone);
            }
            Self::InsertWithAnOldDate => {
                scene.history.entries.insert(at, fresh);
                scene.send(phone);
            }
            Self::RollBack => {
                scene.history.entries.truncate(at);
                scene.send(phone);
            }
            Self::ForkToTwoPhones => {
                let before = scene.history.clone();
                scene.send(0);
                scene.witness();
                let shown_to_the_first = std::mem::replace(&mut scene.history, before);
                // As many leaves, so that the two phones' heads convict when they are laid together.
                let ids = scene.log(1);
                let size = shown_to_the_first.entries.len().max(scene.history.entries.len());
                while scene.history.entries.len() < size {
                    scene.decide();
                }
                let reply = scene.reply(1, &ids);
                scene.phones[1].pushed(&ids, reply);
                // Each phone was shown a history that is whole in itself; a witness sees both.
                scene.witness();
            }
            Self::ReplayAnOldCheckpoint => {
                let ids = scene.log(phone);
                let mut reply = scene.reply(phone, &ids);
                let mut old = scene.history.clone();
                old.entries.truncate(at);
                reply.checkpoint = Some(old.checkpoint().sign(&scene.signer));
                scene.phones[phone].pushed(&ids, reply);
            }
            Self::SwapKeys => {
                let ids = scene.log(phone);
                let mut reply = scene.reply(phone, &ids);
                let name = scene.signer.verifier_key().name().clone();
                let other = NoteSigner::from_seed(name, &[9; 32]);
                let checkpoint: Checkpoint = scene.history.checkpoint();
                reply.checkpoint = Some(checkpoint.sign(&other));
                scene.phones[phone].pushed(&ids, reply);
                assert!(ids.iter().all(|id| !scene.phones[phone].receipts().contains_key(id)));
            }
            Self::ReceiptForAnotherRecord => {
                let ids = scene.log(phone);
                let mut reply = scene.reply(phone, &ids);
                let tree = scene.history.tree();
                let index = at as u64;
                let proof = tree.inclusion_proof(index, tree.len()).unwrap();
                reply.results[0] = verdict(ids[0], ReceiptPart::new(index, &proof));
                scene.phones[phone].pushed(&ids, reply);
                assert!(!scene.phones[phone].receipts().contains_key(&ids[0]));
            }
            Self::ReceiptWithoutInclusion => {
                // The record never gets a leaf.
                let id = scene.dice.id();
                let mut reply = scene.reply(phone, &[]);
                let tree = scene.history.tree();
                let index = tree.len() - 1;
                let proof = tree.inclusion_proof(index, tree.len()).unwrap();
                reply.results.push(verdict(id, ReceiptPart::new(index, &proof)));
                scene.phones[phone].pushed(&[id], reply);
                assert!(!scene.phones[phone].receipts().contains_key(&id));
            }
            Self::DecisionHidden => {
                scene.history.entries.push(LogEntry::Statement(*scene.dice.id().as_bytes()));
                scene.send(phone);
                if scene.dice.below(2) == 0 {
                    scene.look();
                } else {
                    // Hidden from the public leaves too: then these do not lead to the root.
                    let entries: Vec<LogEntry> = scene.history.entries.clone();
                    let published = &scene.published;
                    let hides = |entry: &LogEntry| match entry {
                        LogEntry::Statement(id) => published.contains(id),
                        _ => true,
                    };
                    let shown: Vec<LogEntry> = entries.into_iter().filter(hides).collect();
                    let signed = scene.history.checkpoint();
                    scene.look_at(&shown, &signed);
                }
            }
            Self::TileAlteredAfterPublication => {
                let signed = scene.history.checkpoint();
                let mut shown = scene.history.entries.clone();
                shown[at] = fresh;
                scene.look_at(&shown, &signed);
            }
        }
    }
}
