//! What was found, how much it matters, and what to type. Pure.

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Sound,
    /// Nothing is lost by it, and somebody should know.
    ToKnow,
    /// What was acknowledged may be gone afterwards, or what was sent cannot be kept at all.
    WillLose,
}

impl Level {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::ToKnow => "to know",
            Self::WillLose => "will lose evidence",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What was looked at.
    pub about: &'static str,
    /// What was seen, and what follows from it.
    pub reason: String,
    /// What to type or to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn sound(about: &'static str, reason: impl Into<String>) -> Self {
        Self { level: Level::Sound, about, reason: reason.into(), mend: None }
    }

    /// Somebody should know.
    pub fn to_know(
        about: &'static str,
        reason: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let mend = Some(mend.into());
        Self { level: Level::ToKnow, about, reason: reason.into(), mend }
    }

    /// Evidence would be lost.
    pub fn will_lose(
        about: &'static str,
        reason: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let mend = Some(mend.into());
        Self { level: Level::WillLose, about, reason: reason.into(), mend }
    }
}

/// Whether nothing of this would lose evidence.
pub fn keeps_evidence(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.level < Level::WillLose)
}
