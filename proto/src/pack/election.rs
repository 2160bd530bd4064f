//! The election itself: names, contests, copies, keys.

use serde::{Deserialize, Serialize};

use super::{LegalDeadline, Names, Sealing};
use crate::{
    id::{ChoiceCode, ContestCode, CopyType, ElectionId, Kid},
    key::PublicKey,
    time::ClaimedTime,
    tlog::{CosignerKey, KeyError, Policy, PolicyError, VerifierKey},
};

/// Everything about the election that is neither a unit nor a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElectionPart {
    /// The election.
    pub id: ElectionId,
    /// Its names.
    pub names: Names,
    /// Shown on every page, export and picture when this is not a real election.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<Names>,
    /// IANA time zone in which the commission works.
    pub time_zone: String,
    /// Day of the vote, `2005-12-04`.
    pub date: String,
    /// Round, from 1.
    pub round: u32,
    /// When the last polls close, anywhere. Nothing is made public before; a set-up without it, as
    /// those made before there were releases, can release nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polls_close_at: Option<ClaimedTime>,
    /// What the law sets a time for, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deadlines: Vec<LegalDeadline>,
    /// Contests on the ballot.
    pub contests: Vec<Contest>,
    /// Which documents there are.
    pub copy_types: Vec<CopyTypeDefinition>,
    /// Pairs of copy types that show the same count and so may be compared.
    pub comparable: Vec<(CopyType, CopyType)>,
    /// Documents whose figures add up to another document's.
    #[serde(default)]
    pub linked: Vec<LinkedCopies>,
    /// Who may corroborate whom.
    pub corroboration: Corroboration,
    /// Headquarters' keys.
    pub keys: HqKeys,
    /// Headquarters' addresses, tried in order.
    pub addresses: Vec<String>,
    /// Whether phones seal photographs to headquarters; none in set-ups made before there was sealing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealing: Option<Sealing>,
}

/// One contest on the ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contest {
    /// Its code.
    pub code: ContestCode,
    /// Its names.
    pub names: Names,
    /// How many votes a voter has in it.
    pub mandates: u32,
    /// What can be chosen, in ballot order.
    pub choices: Vec<Choice>,
}

/// A candidate, a list, or "against all".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Its code.
    pub code: ChoiceCode,
    /// Its names.
    pub names: Names,
}

/// A kind of document that can be photographed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyTypeDefinition {
    /// Its code.
    pub code: CopyType,
    /// Its names.
    pub names: Names,
}

/// Documents of one precinct that belong together: the parts' figures add up to the whole's, as
/// electronic and paper do to the summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedCopies {
    /// The documents that are added.
    pub parts: Vec<CopyType>,
    /// The document that should show their sum.
    pub whole: CopyType,
}

/// Whose entries may corroborate one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corroboration {
    /// Any two persons.
    AnyPersons,
    /// Two persons of different organisations only.
    AcrossOrganisations,
}

/// The keys of headquarters that phones check against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HqKeys {
    /// Signs statements.
    pub hq: PublicKey,
    /// Name of the log.
    pub log_origin: String,
    /// Signs checkpoints, as a signed-note verifier key (`name+hash+key`).
    pub log_vkey: String,
    /// Who watches the log besides; none in set-ups made before there were witnesses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witnesses: Option<Witnesses>,
}

/// Second organisations that cosign the log's checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witnesses {
    /// Their keys, as verifier keys of type 4 (`name+hash+key`).
    pub keys: Vec<String>,
    /// How many of them must have cosigned before a phone calls a receipt cosigned.
    pub quorum: u32,
}

/// Why the keys of a set-up cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HqKeysError {
    /// The log's key, or a witness's, is not one.
    #[error("a key of the log or of a witness is not one")]
    Key(#[from] KeyError),
    /// The keys do not make a policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl HqKeys {
    /// Whether `kid` names the key that signs statements.
    pub fn is_hq(&self, kid: Kid) -> bool {
        self.hq.kid() == kid
    }

    /// What receipts are checked by: the log's key, the witnesses' and how many of them.
    pub fn policy(&self) -> Result<Policy, HqKeysError> {
        let log = VerifierKey::parse(&self.log_vkey)?;
        let Some(witnesses) = &self.witnesses else { return Ok(Policy::of_log(log)) };
        let keys = witnesses
            .keys
            .iter()
            .map(|key| CosignerKey::parse(key))
            .collect::<Result<Vec<_>, _>>()?;
        let quorum = usize::try_from(witnesses.quorum).unwrap_or(usize::MAX);
        Ok(Policy::new(log, keys, quorum)?)
    }
}
