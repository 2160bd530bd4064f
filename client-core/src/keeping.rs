//! What stays on the phone, and what may leave it when room is short. Pure.
//!
//! Only the file of an original ever leaves, oldest first, and only as many as the budget asks for.
//! Records, receipts, previews and thumbnails stay: they are small, they are what screens show, and a
//! preview is what can still be sent if headquarters loses an original that is not here any more.

use hattama_proto::id::PhotoHash;

/// How much room photographs may take, and what has to be certain before an original is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskPolicy {
    /// Most bytes of photographs and small pictures on the phone; none for no limit, and then nothing
    /// is ever removed. A capture is never refused for it: what cannot be removed is told as
    /// [`over_budget_bytes`](crate::OutboxSummary::over_budget_bytes).
    pub budget_bytes: Option<u64>,
    /// How long originals stay whatever the budget says.
    pub keep: KeepOriginals,
}

/// Until when an original stays on the phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KeepOriginals {
    /// Until headquarters has given a receipt for it, checked against the log's key.
    #[default]
    UntilReceipt,
    /// Until that receipt stands under a head of the log that as many witnesses have cosigned as the
    /// set-up asks for: other organisations then hold headquarters to having it. They hold the log's
    /// head and not the photograph. Never, where the set-up names no witnesses.
    UntilSecondSite,
    /// For good.
    Always,
}

/// Whether receipts stay on the phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KeepReceipts {
    /// Yes: their owner can prove alone that headquarters has received a record.
    #[default]
    Yes,
    /// No: once one was checked, only its place in the log is kept. Those that are there are destroyed
    /// when the notebook is opened so. Nobody who takes the phone finds proofs on it, and nobody can
    /// prove with it any more that headquarters received something; headquarters still can.
    No,
}

/// Why nothing, or not enough, was removed although photographs take more than the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeptBecause {
    /// What is left may not be removed by the rule, or is not at headquarters yet.
    NothingMayGo,
    /// The log has contradicted itself, or began anew from a backup. A phone that has seen that keeps
    /// what it has.
    LogContradicted,
    /// The log's key is not known or cannot be read now, so no receipt can be checked.
    NoKeys,
}

/// An original that headquarters has receipted, and that nothing that waits names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Original {
    /// Its name.
    pub(crate) hash: PhotoHash,
    /// Its length, in bytes.
    pub(crate) bytes: u64,
    /// Whether enough witnesses have cosigned its receipt, as the database says.
    pub(crate) cosigned: bool,
    /// The receipt, or the cosigned one; none where receipts are not kept.
    pub(crate) receipt: Option<String>,
}

/// By how much what is held is more than the budget, in bytes.
pub(crate) const fn over(policy: DiskPolicy, held_bytes: u64) -> u64 {
    match policy.budget_bytes {
        Some(budget) => held_bytes.saturating_sub(budget),
        None => 0,
    }
}

/// Which of these originals, oldest first, have to leave, at most `most` at once. `proven` looks at a
/// receipt once more.
pub(crate) fn leaving(
    policy: DiskPolicy,
    held_bytes: u64,
    originals: Vec<Original>,
    most: usize,
    proven: impl Fn(&Original) -> bool,
) -> Vec<Original> {
    let mut over = over(policy, held_bytes);
    let mut leaving = Vec::new();
    for original in originals {
        if over == 0 || leaving.len() == most {
            break;
        }
        let permitted = match policy.keep {
            KeepOriginals::UntilReceipt => true,
            KeepOriginals::UntilSecondSite => original.cosigned,
            KeepOriginals::Always => false,
        };
        if permitted && proven(&original) {
            over = over.saturating_sub(original.bytes);
            leaving.push(original);
        }
    }
    leaving
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn original(number: u8, bytes: u64, cosigned: bool) -> Original {
        Original { hash: PhotoHash::of(&[number]), bytes, cosigned, receipt: None }
    }

    fn policy(budget: Option<u64>, keep: KeepOriginals) -> DiskPolicy {
        DiskPolicy { budget_bytes: budget, keep }
    }

    #[test]
    fn the_oldest_leave_and_no_more_than_the_budget_asks_for() {
        let all: Vec<_> = (0..5).map(|number| original(number, 100, false)).collect();
        let until = policy(Some(750), KeepOriginals::UntilReceipt);
        // 1,000 are held: 500 originals and other things.
        assert_eq!(leaving(until, 1000, all.clone(), 9, |_| true), all[..3]);
        assert_eq!(leaving(until, 1000, all.clone(), 2, |_| true), all[..2]);
        assert_eq!(leaving(until, 750, all.clone(), 9, |_| true), []);
        let none = policy(None, KeepOriginals::UntilReceipt);
        assert_eq!(leaving(none, 1000, all, 9, |_| true), []);
    }

    #[test]
    fn what_the_rule_keeps_or_no_receipt_proves_stays() {
        let all = vec![original(0, 10, false), original(1, 10, true), original(2, 10, true)];
        let leave = |keep, proven: fn(&Original) -> bool| {
            leaving(policy(Some(0), keep), 1000, all.clone(), 9, proven)
        };
        assert_eq!(leave(KeepOriginals::UntilReceipt, |_| true).len(), 3);
        assert_eq!(leave(KeepOriginals::UntilSecondSite, |_| true), all[1..]);
        assert_eq!(leave(KeepOriginals::Always, |_| true), []);
        assert_eq!(leave(KeepOriginals::UntilReceipt, |_| false), []);
    }

    proptest! {
        #[test]
        fn after_it_the_budget_holds_or_nothing_is_left_that_may_go(
            sizes in prop::collection::vec((1_u64..1000, any::<bool>()), 0..20),
            beside in 0_u64..1000,
            budget in 0_u64..5000,
            keep in prop::sample::select(vec![
                KeepOriginals::UntilReceipt, KeepOriginals::UntilSecondSite, KeepOriginals::Always,
            ]),
        ) {
            let all: Vec<_> = (0..).zip(&sizes)
                .map(|(number, (bytes, cosigned))| original(number, *bytes, *cosigned))
                .collect();
            let held = beside + sizes.iter().map(|(bytes, _)| bytes).sum::<u64>();
            let policy = policy(Some(budget), keep);
            let gone = leaving(policy, held, all.clone(), 99, |_| true);
            let freed: u64 = gone.iter().map(|one| one.bytes).sum();
            let may_go = all.iter().filter(|one| match keep {
                KeepOriginals::UntilReceipt => true,
                KeepOriginals::UntilSecondSite => one.cosigned,
                KeepOriginals::Always => false,
            });
            prop_assert!(over(policy, held - freed) == 0 || gone.len() == may_go.count());
            if let Some(last) = gone.last() {
                prop_assert!(over(policy, held - freed + last.bytes) > 0, "one too many");
            }
        }
    }
}
