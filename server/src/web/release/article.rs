//! What a release says, for people: made of its frozen content and of nothing else, so that the page
//! here and a frozen copy of it elsewhere say the same. Pure.

use hattama_proto::{
    id::ContestCode,
    pack::{Choice, Names, UnitKind},
    time::UnixMillis,
};

use super::drawn::NamedDrawing;
use crate::{
    release::{Content, ContestContent, CoverageContent, Difference, Released, Side},
    web::{
        compare::looks_like,
        figure::{figure, figure_or_dash, moment, signed},
        language::Language,
        words::{ReleaseWords, Words, fill},
    },
};

/// The article of a release, or of a draft.
pub(super) struct Article {
    pub(super) r: &'static ReleaseWords,
    pub(super) title: String,
    pub(super) election: String,
    pub(super) exercise: Option<String>,
    pub(super) released_at: Option<String>,
    pub(super) drawn_up_at: String,
    pub(super) time_zone: String,
    pub(super) words: Vec<String>,
    /// What it corrects: which release, in words, and what is known now.
    pub(super) corrects: Option<CorrectsView>,
    /// What corrects it.
    pub(super) corrected_by: Vec<CorrectedBy>,
    pub(super) contests: Vec<ContestView>,
    pub(super) limits: Vec<&'static str>,
    pub(super) publications: Vec<PublicationView>,
    pub(super) of_the_log: String,
    pub(super) check: Option<Check>,
}

pub(super) struct CorrectsView {
    pub(super) title: String,
    pub(super) number: u32,
    pub(super) words: Vec<String>,
    pub(super) figures: Vec<DifferenceView>,
}

pub(super) struct CorrectedBy {
    pub(super) title: String,
    pub(super) number: u32,
    pub(super) words: Vec<String>,
}

pub(super) struct ContestView {
    pub(super) name: String,
    pub(super) observed: String,
    pub(super) whole: CoverageView,
    pub(super) regions: Vec<CoverageView>,
    pub(super) levels: Vec<LevelView>,
    pub(super) drawn: Option<NamedDrawing>,
    pub(super) differences: Vec<DifferenceView>,
}

pub(super) struct CoverageView {
    pub(super) name: String,
    pub(super) precincts: String,
    pub(super) covered: String,
    pub(super) unsettled: String,
    pub(super) not_obtained: String,
    pub(super) nothing: String,
    pub(super) published: String,
}

pub(super) struct LevelView {
    pub(super) name: &'static str,
    pub(super) compared: String,
    pub(super) found: String,
    pub(super) named: String,
}

pub(super) struct DifferenceView {
    /// What kind of unit it is, its name and its region.
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) code: String,
    pub(super) region: Option<String>,
    pub(super) looks_like: Option<String>,
    /// What the official figures are held against.
    pub(super) against: String,
    pub(super) rows: Vec<FigureRow>,
    pub(super) lines: Vec<FigureRow>,
    pub(super) notes: Vec<String>,
}

pub(super) struct FigureRow {
    pub(super) name: String,
    pub(super) official: String,
    pub(super) ours: String,
    pub(super) by: String,
    pub(super) differs: bool,
}

pub(super) struct PublicationView {
    pub(super) level: &'static str,
    pub(super) source: String,
    pub(super) fetched_at: String,
    pub(super) sha256: String,
}

/// What a stranger checks it with.
pub(super) struct Check {
    pub(super) sha256: String,
    pub(super) position: String,
    pub(super) hq_key: String,
    pub(super) log_vkey: String,
}

impl Article {
    /// Of a draft: nothing of it is public.
    pub(super) fn of_draft(content: &Content, language: Language) -> Self {
        let title = language.words().release.draft.to_owned();
        Self::new(content, title, language)
    }

    /// Of a release.
    pub(super) fn of_release(release: &Released, language: Language) -> Self {
        let r = language.words().release;
        let numbered = |text: &str, number: u32| fill(text, &[("number", &number.to_string())]);
        let corrected_by = release.corrected_by.iter().map(|later| CorrectedBy {
            title: numbered(r.corrected_by, later.number),
            number: later.number,
            words: match &later.content.corrects {
                Some(corrects) => paragraphs(&corrects.words, language),
                None => Vec::new(),
            },
        });
        Self {
            released_at: Some(moment(release.at, &release.content.time_zone)),
            corrected_by: corrected_by.collect(),
            check: Some(Check {
                sha256: release.sha256.to_hex(),
                position: figure(release.proof.position),
                hq_key: release.proof.hq_key.clone(),
                log_vkey: release.proof.log_vkey.clone(),
            }),
            ..Self::new(&release.content, numbered(r.release, release.number), language)
        }
    }

    fn new(content: &Content, title: String, language: Language) -> Self {
        let w = language.words();
        let say = Say { w, language, content };
        let corrects = content.corrects.as_ref().map(|corrects| CorrectsView {
            title: fill(w.release.corrects, &[("number", &corrects.release.to_string())]),
            number: corrects.release,
            words: paragraphs(&corrects.words, language),
            figures: corrects.figures.iter().map(|of| say.difference(of)).collect(),
        });
        let size = figure(content.log_size);
        Self {
            r: w.release,
            title,
            election: name(&content.names, language).to_owned(),
            exercise: content.exercise.as_ref().map(|names| name(names, language).to_owned()),
            released_at: None,
            drawn_up_at: say.moment(content.drawn_up_at),
            time_zone: content.time_zone.clone(),
            words: paragraphs(&content.words, language),
            corrects,
            corrected_by: Vec::new(),
            contests: content
                .contests
                .iter()
                .enumerate()
                .map(|(number, of)| say.contest(number, of))
                .collect(),
            limits: content.limits.iter().map(|limit| w.release.limit(*limit)).collect(),
            publications: content
                .publications
                .iter()
                .map(|of| PublicationView {
                    level: w.level(of.level),
                    source: of.source.clone(),
                    fetched_at: say.moment(of.fetched_at),
                    sha256: of.sha256.to_hex(),
                })
                .collect(),
            of_the_log: fill(w.release.of_the_log, &[("size", &size)]),
            check: None,
        }
    }
}

struct Say<'a> {
    w: &'static Words,
    language: Language,
    content: &'a Content,
}

impl Say<'_> {
    fn moment(&self, at: UnixMillis) -> String {
        moment(at, &self.content.time_zone)
    }

    fn contest(&self, number: usize, of: &ContestContent) -> ContestView {
        let r = self.w.release;
        let counts = [
            ("covered", of.coverage.covered),
            ("precincts", of.coverage.precincts),
            ("published", of.coverage.published),
        ]
        .map(|(name, count)| (name, figure(count as u64)));
        let counts = counts.each_ref().map(|(name, count)| (*name, count.as_str()));
        let levels = of.compared.iter().map(|(level, compared)| {
            let found = of.found.iter().find(|(of, _)| of == level).map_or(0, |(_, count)| *count);
            let named = of.differences.iter().filter(|one| one.level == *level).count();
            LevelView {
                name: self.w.level(*level),
                compared: figure(*compared as u64),
                found: figure(found as u64),
                named: figure(named as u64),
            }
        });
        ContestView {
            name: name(&of.names, self.language).to_owned(),
            observed: fill(r.observed_says, &counts),
            whole: coverage(r.whole, &of.coverage),
            regions: of
                .regions
                .iter()
                .map(|of| {
                    let name = known(&of.names, of.region.as_str(), self.language);
                    coverage(&name, &of.coverage)
                })
                .collect(),
            levels: levels.collect(),
            drawn: NamedDrawing::of(number, of, self.language),
            differences: of.differences.iter().map(|one| self.difference(one)).collect(),
        }
    }

    fn choices(&self, contest: &ContestCode) -> &[Choice] {
        let contest = self.content.contests.iter().find(|of| of.contest == *contest);
        contest.map_or(&[], |contest| &contest.choices)
    }

    fn difference(&self, of: &Difference) -> DifferenceView {
        let (w, r) = (self.w, self.w.release);
        let mut notes = Vec::new();
        if of.at_least {
            notes.push(r.at_least.to_owned());
        }
        let against = match &of.below {
            Side::Copies { .. } => r.copies.to_owned(),
            Side::Published { parts, open, .. } => {
                if *open > 0 {
                    notes.push(fill(r.open_below, &[("open", &figure(*open as u64))]));
                }
                fill(r.sum_below, &[("parts", &figure(*parts as u64))])
            }
            Side::Nothing => r.copies.to_owned(),
        };
        let below = of.below.votes();
        let at = |votes: &[Option<u64>], at: usize| votes.get(at).copied().flatten();
        let rows = self.choices(&of.contest).iter().enumerate().map(|(place, choice)| {
            let by = of.by.get(place).copied().flatten();
            FigureRow {
                name: known(&choice.names, choice.code.as_str(), self.language),
                official: figure_or_dash(at(&of.official, place)),
                ours: figure_or_dash(at(below, place)),
                by: by.map_or_else(|| "–".to_owned(), |by| signed(by.into())),
                differs: by.is_some_and(|by| by != 0),
            }
        });
        let lines = of.lines.iter().map(|line| {
            let by = line.official.zip(line.copies);
            let by = by.map(|(theirs, ours)| i128::from(theirs) - i128::from(ours));
            FigureRow {
                name: format!(
                    "{} {}",
                    line.number,
                    known(&line.names, line.line.as_str(), self.language)
                )
                .trim()
                .to_owned(),
                official: figure_or_dash(line.official),
                ours: figure_or_dash(line.copies),
                by: by.map_or_else(|| "–".to_owned(), signed),
                differs: by.is_some_and(|by| by != 0),
            }
        });
        DifferenceView {
            kind: kind_name(w, of.kind),
            name: known(&of.names, of.unit.as_str(), self.language),
            code: of.unit.to_string(),
            region: of.region.as_ref().map(|names| name(names, self.language).to_owned()),
            looks_like: of.looks_like.map(|slip| looks_like(w, slip).text),
            against,
            rows: rows.collect(),
            lines: lines.collect(),
            notes,
        }
    }
}

fn coverage(name: &str, of: &CoverageContent) -> CoverageView {
    let count = |count: usize| figure(count as u64);
    CoverageView {
        name: name.to_owned(),
        precincts: count(of.precincts),
        covered: count(of.covered),
        unsettled: count(of.unsettled),
        not_obtained: count(of.not_obtained),
        nothing: count(of.nothing),
        published: count(of.published),
    }
}

/// A name in a language.
pub(super) fn name(names: &Names, language: Language) -> &str {
    names.get(language.code())
}

/// A name in a language, else the code.
pub(super) fn known(names: &Names, code: &str, language: Language) -> String {
    let name = name(names, language);
    if name.is_empty() { code.to_owned() } else { name.to_owned() }
}

/// A text in a language, paragraph by paragraph.
fn paragraphs(words: &Names, language: Language) -> Vec<String> {
    let paragraphs = name(words, language).split('\n').map(str::trim);
    paragraphs.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// What kind of unit it is, in words.
pub(super) const fn kind_name(w: &Words, kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Country => w.country,
        UnitKind::Region => w.region,
        UnitKind::District => w.district,
        UnitKind::Precinct => w.precinct,
    }
}
