//! What may be asked of an incident's review, and what it stands at afterwards. Pure.
//!
//! Nothing is ever taken back: what was wrong is followed by another change, and both stay.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{RecordId, WordsHash},
    statement::IncidentChange,
};

use super::{IncidentState, TransitionError};

/// Longest reason or comment, in bytes: a page of text.
const WORDS_BYTES_MAX: usize = 4096;

/// Longest published text of one language, in bytes: what a newspaper prints.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Longest tag, name of a group or of an account, in letters: what fits a line on a phone.
const NAME_LETTERS_MAX: usize = 64;

/// Most tags that are given or taken at once.
const TAGS_MAX: usize = 32;

/// Languages that a text may be published in, BCP 47.
pub const LANGUAGES: [&str; 3] = ["kk", "ru", "en"];

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Another state.
    Step {
        /// Which.
        to: IncidentState,
        /// Why.
        reason: String,
    },
    /// Somebody to look after it; none: nobody.
    Assign {
        /// An account.
        to: Option<String>,
    },
    /// A remark.
    Comment {
        /// The remark.
        words: String,
    },
    /// Tags given and taken.
    Tag {
        /// Given.
        add: Vec<String>,
        /// Taken.
        remove: Vec<String>,
    },
    /// A group; none: out of the one it is in.
    Group {
        /// Its name.
        group: Option<String>,
    },
    /// That it tells the same event as another.
    Duplicate {
        /// The one that counts.
        of: RecordId,
        /// Why.
        reason: String,
    },
    /// That it tells an event of its own after all.
    NotDuplicate {
        /// Why.
        reason: String,
    },
    /// A text about it for everybody.
    Publish {
        /// By language.
        texts: BTreeMap<String, String>,
    },
    /// That what is public about it is so no more.
    Withdraw {
        /// Why.
        reason: String,
    },
}

/// An incident as far as a change depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Which it is.
    pub record: RecordId,
    /// Its state.
    pub state: IncidentState,
    /// Who looks after it.
    pub assignee: Option<String>,
    /// Its group.
    pub group: Option<String>,
    /// The one that counts instead of it.
    pub duplicate_of: Option<RecordId>,
    /// Its tags.
    pub tags: Vec<String>,
    /// How often something was made public about it, withdrawals too.
    pub edition: u64,
    /// Whether something is public about it now.
    pub public: bool,
}

/// The other incident of [`Ask::Duplicate`], and what is known of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// What the other one is a duplicate of itself.
    pub duplicate_of: Option<RecordId>,
    /// How many are duplicates of the one that is asked about.
    pub duplicates_here: usize,
}

/// Why it cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The step does not follow from the present state.
    #[error(transparent)]
    Transition(#[from] TransitionError),
    /// Understood, and wrong; the sentence says what to do.
    #[error("{0}")]
    Invalid(String),
}

/// A change that was found right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// How it stands afterwards.
    pub after: Present,
    /// What the statement says.
    pub change: IncidentChange,
    /// The reason or the comment, which the statement has the hash of.
    pub words: Option<String>,
    /// Tags given and taken.
    pub tags: Vec<(String, bool)>,
    /// The texts of a new edition; within it none, where it withdraws them.
    pub texts: Option<Option<BTreeMap<String, String>>>,
}

fn invalid(why: impl Into<String>) -> AskError {
    AskError::Invalid(why.into())
}

impl Ask {
    /// The words that are kept beside the log, before anything is checked.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Step { reason, .. }
            | Self::Duplicate { reason, .. }
            | Self::NotDuplicate { reason }
            | Self::Withdraw { reason } => Some(reason),
            Self::Comment { words } => Some(words),
            Self::Assign { .. } | Self::Tag { .. } | Self::Group { .. } | Self::Publish { .. } => {
                None
            }
        }
    }

    /// What it comes to; none where all of it is so already. `other` is what [`Self::Duplicate`]
    /// speaks of, and `salt` stands before words in their hash.
    pub fn plan(
        &self,
        now: &Present,
        other: Option<Other>,
        salt: &str,
    ) -> Result<Option<Planned>, AskError> {
        if let Some(words) = self.words() {
            check_words(words)?;
        }
        let hash = |words: &str| WordsHash::salted(salt, words);
        let (state, mut after) = (now.state, now.clone());
        let mut tags = Vec::new();
        let mut texts = None;
        let change = match self {
            Self::Step { to, reason } => {
                state.transition(*to)?;
                after.state = *to;
                after.duplicate_of = None;
                let (from, to) = (state.name().to_owned(), to.name().to_owned());
                IncidentChange::Step { from, to, reason: hash(reason) }
            }
            Self::Assign { to } => {
                let to = to.as_deref().map(|to| name("an account", to)).transpose()?;
                if now.assignee == to {
                    return Ok(None);
                }
                after.assignee.clone_from(&to);
                IncidentChange::Assign { to }
            }
            Self::Comment { words } => IncidentChange::Comment { words: hash(words) },
            Self::Tag { add, remove } => {
                let (add, remove) = (names(add)?, names(remove)?);
                if let Some(both) = add.iter().find(|tag| remove.contains(tag)) {
                    return Err(invalid(format!("{both:?} cannot be given and taken at once")));
                }
                let add: Vec<_> = add.into_iter().filter(|tag| !now.tags.contains(tag)).collect();
                let remove: Vec<_> =
                    remove.into_iter().filter(|tag| now.tags.contains(tag)).collect();
                if add.is_empty() && remove.is_empty() {
                    return Ok(None);
                }
                after.tags.retain(|tag| !remove.contains(tag));
                after.tags.extend(add.iter().cloned());
                after.tags.sort();
                tags.extend(add.iter().map(|tag| (tag.clone(), true)));
                tags.extend(remove.iter().map(|tag| (tag.clone(), false)));
                IncidentChange::Tag { add, remove }
            }
            Self::Group { group } => {
                let group = group.as_deref().map(|group| name("a group", group)).transpose()?;
                if now.group == group {
                    return Ok(None);
                }
                after.group.clone_from(&group);
                IncidentChange::Group { group }
            }
            Self::Duplicate { of, reason } => {
                // Whoever does not see the other one learns nothing by naming it.
                if other.is_some() && now.duplicate_of == Some(*of) {
                    return Ok(None);
                }
                check_original(now, *of, other)?;
                if state != IncidentState::Duplicate {
                    state.transition(IncidentState::Duplicate)?;
                }
                after.state = IncidentState::Duplicate;
                after.duplicate_of = Some(*of);
                let from = state.name().to_owned();
                IncidentChange::Duplicate { from, of: *of, reason: hash(reason) }
            }
            Self::NotDuplicate { reason } => {
                if state != IncidentState::Duplicate {
                    return Err(invalid("this incident is not marked as a duplicate"));
                }
                after.state = IncidentState::Triaged;
                after.duplicate_of = None;
                let (from, to) = (state.name().to_owned(), after.state.name().to_owned());
                IncidentChange::Step { from, to, reason: hash(reason) }
            }
            Self::Publish { texts: given } => {
                let checked = check_texts(given)?;
                after.edition += 1;
                after.public = true;
                let hashes = checked
                    .iter()
                    .map(|(language, text)| (language.clone(), WordsHash::of(text.as_bytes())))
                    .collect();
                texts = Some(Some(checked));
                IncidentChange::Publish { edition: after.edition, texts: hashes }
            }
            Self::Withdraw { reason } => {
                if !now.public {
                    return Err(invalid("nothing is public about this incident"));
                }
                after.edition += 1;
                after.public = false;
                texts = Some(None);
                IncidentChange::Withdraw { edition: after.edition, reason: hash(reason) }
            }
        };
        let words = self.words().map(str::to_owned);
        Ok(Some(Planned { after, change, words, tags, texts }))
    }
}

/// One that counts is no duplicate itself, and a duplicate counts for no other: so there are no
/// chains, and no circles.
fn check_original(now: &Present, of: RecordId, other: Option<Other>) -> Result<(), AskError> {
    if of == now.record {
        return Err(invalid("an incident is no duplicate of itself"));
    }
    let Some(other) = other else {
        return Err(invalid("there is no incident with the id that it is to be a duplicate of"));
    };
    if let Some(original) = other.duplicate_of {
        return Err(invalid(format!("that one is a duplicate itself; take {original}")));
    }
    if other.duplicates_here > 0 {
        return Err(invalid(
            "others are marked as duplicates of this one; mark the other one as its duplicate, or \
             theirs first",
        ));
    }
    Ok(())
}

fn check_words(words: &str) -> Result<(), AskError> {
    if words.trim().is_empty() {
        return Err(invalid("say why: a decision without a reason is none"));
    }
    if words.len() > WORDS_BYTES_MAX {
        return Err(invalid(format!("a reason or comment has at most {WORDS_BYTES_MAX} bytes")));
    }
    Ok(())
}

fn check_texts(texts: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, AskError> {
    if texts.is_empty() {
        return Err(invalid("give the text in one language at least: kk, ru or en"));
    }
    for (language, text) in texts {
        if !LANGUAGES.contains(&language.as_str()) {
            return Err(invalid(format!("a text is in kk, ru or en, not in {language:?}")));
        }
        if text.trim().is_empty() || text.len() > TEXT_BYTES_MAX {
            return Err(invalid(format!("a text has words, and at most {TEXT_BYTES_MAX} bytes")));
        }
    }
    Ok(texts.clone())
}

fn names(given: &[String]) -> Result<Vec<String>, AskError> {
    if given.len() > TAGS_MAX {
        return Err(invalid(format!("at most {TAGS_MAX} tags at once")));
    }
    let mut names: Vec<String> =
        given.iter().map(|tag| name("a tag", tag)).collect::<Result<_, _>>()?;
    names.sort();
    names.dedup();
    Ok(names)
}

/// A name as it is kept: without blanks around it.
fn name(what: &str, given: &str) -> Result<String, AskError> {
    let name = given.trim();
    let letters = name.chars().count();
    if letters == 0 || letters > NAME_LETTERS_MAX || name.chars().any(char::is_control) {
        return Err(invalid(format!("{what} has 1 to {NAME_LETTERS_MAX} letters on one line")));
    }
    Ok(name.to_owned())
}
