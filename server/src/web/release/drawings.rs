//! The drawings of a frozen site: a page with their numbers, and each as a file. Pure.
//!
//! They show what the release says and what the publications say that it rests on: what is named, how
//! much was observed, and precincts by the turnout that was published. Indicators are in nothing public.

use askama::Template;
use hattama_proto::{
    id::UnitCode,
    pack::{Pack, Unit},
    statement::Level,
};

use super::{
    article::{Article, known, name},
    drawn::NamedDrawing,
};
use crate::{
    compare::CountedLines,
    export::TarEntry,
    known::turnout_points,
    merge::Cells,
    plot::{Caption, Series, as_file, coverage_map, histogram},
    release::{ContestContent, Released},
    web::{
        figure::figure,
        frame::LanguageLink,
        known::coverage::{covered, map_caption},
        language::Language,
        words::Words,
    },
};

#[derive(Template)]
#[template(path = "release/drawings.html")]
struct DrawingsPage<'a> {
    w: &'static Words,
    lang: &'static str,
    title: &'a str,
    election: &'a str,
    exercise: Option<&'a str>,
    languages: Vec<LanguageLink>,
    drawings: Vec<DrawingView>,
}

/// One drawing, with the numbers behind it.
struct DrawingView {
    /// Its file, without the ending.
    file: String,
    title: String,
    says: &'static str,
    drawing: String,
    head: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
}

/// What drawings are made of.
pub(super) struct Drawn<'a> {
    pub(super) pack: &'a Pack,
    pub(super) release: &'a Released,
    /// Official figures of precincts.
    pub(super) precincts: Vec<(&'a UnitCode, &'a Cells)>,
}

impl Drawn<'_> {
    /// The page in a language and its drawings as files; none where there is nothing to draw.
    pub(super) fn files(
        &self,
        article: &Article,
        languages: Vec<LanguageLink>,
        language: Language,
    ) -> Vec<Result<TarEntry, askama::Error>> {
        let drawings = self.drawings(language);
        if drawings.is_empty() {
            return Vec::new();
        }
        let lang = language.code();
        let as_entry = |view: &DrawingView| {
            let mut lines =
                vec![view.title.clone(), format!("{} · {}", article.title, article.election)];
            lines.extend(article.exercise.clone());
            let bytes = as_file(&view.drawing, &lines).into_bytes();
            Ok(TarEntry { name: format!("{lang}/drawings/{}.svg", view.file), bytes })
        };
        let mut files: Vec<_> = drawings.iter().map(as_entry).collect();
        let page = DrawingsPage {
            w: language.words(),
            lang,
            title: &article.title,
            election: &article.election,
            exercise: article.exercise.as_deref(),
            languages,
            drawings,
        };
        files.push(page.render().map(|text| TarEntry {
            name: format!("{lang}/drawings.html"),
            bytes: text.into_bytes(),
        }));
        files
    }

    /// Whether there is anything to draw.
    pub(super) fn is_there(&self) -> bool {
        !self.drawings(Language::ALL[0]).is_empty()
    }

    fn drawings(&self, language: Language) -> Vec<DrawingView> {
        let contests = || self.release.content.contests.iter().enumerate();
        let named = contests().filter_map(|(number, of)| {
            let drawn = NamedDrawing::of(number, of, language)?;
            let choice = language.words().release.choice.to_owned();
            let levels = drawn.levels.into_iter().map(str::to_owned);
            Some(DrawingView {
                file: format!("differences-{}", number + 1),
                title: drawn.title,
                says: language.words().release.drawn_says,
                drawing: drawn.drawing,
                head: std::iter::once(choice).chain(levels).collect(),
                rows: drawn.numbers,
            })
        });
        let covered = contests().filter_map(|(number, of)| self.coverage(number, of, language));
        named.chain(covered).chain(self.turnout(language)).collect()
    }

    fn coverage(
        &self,
        number: usize,
        of: &ContestContent,
        language: Language,
    ) -> Option<DrawingView> {
        let w = language.words();
        let percent = |covered: usize, of: usize| (covered as u64 * 100).checked_div(of as u64);
        let region = |unit: &UnitCode| of.regions.iter().find(|region| region.region == *unit);
        let tell = |unit: &UnitCode| {
            let region = region(unit)?;
            let name = known(&region.names, unit.as_str(), language);
            let of = &region.coverage;
            Some(covered(&name, String::new(), percent(of.covered, of.precincts)?))
        };
        let mut caption = map_caption(w.known);
        caption.id = format!("coverage-{number}");
        let drawing = coverage_map(self.pack.units.outlines(), tell, &caption)?;
        let rows = of.regions.iter().map(|region| {
            let counts = [region.coverage.precincts, region.coverage.covered];
            let share = percent(region.coverage.covered, region.coverage.precincts);
            let mut cells = counts.map(|count| figure(count as u64)).to_vec();
            cells.push(share.map_or_else(|| "–".to_owned(), |share| share.to_string()));
            (known(&region.names, region.region.as_str(), language), cells)
        });
        Some(DrawingView {
            file: format!("coverage-{}", number + 1),
            title: format!("{}: {}", w.known.coverage_title, name(&of.names, language)),
            says: w.known.map_says,
            drawing,
            head: [w.region, w.precincts, w.known.with_copy, "%"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        })
    }

    fn turnout(&self, language: Language) -> Option<DrawingView> {
        let (w, k) = (language.words(), language.words().known);
        // Turnout is the same whatever is voted on; where contests have sheets of their own, the first's.
        let contest = self.pack.election.contests.first()?;
        let lines = CountedLines::of(self.pack, Level::Precinct, &contest.code);
        let points = turnout_points(self.precincts.iter().map(|(_, cells)| *cells), &lines);
        let rows: Vec<_> = points
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(point, count)| (point.to_string(), vec![figure(*count)]))
            .collect();
        if rows.is_empty() {
            return None;
        }
        let caption = Caption {
            id: "turnout".to_owned(),
            title: k.turnout_title.to_owned(),
            description: w.release.turnout_says.to_owned(),
            across: k.turnout.to_owned(),
            upward: k.precincts.to_owned(),
        };
        let series = Series { name: k.published.to_owned(), bins: points };
        Some(DrawingView {
            file: "turnout".to_owned(),
            title: k.turnout_title.to_owned(),
            says: w.release.turnout_says,
            drawing: histogram(&series, None, &caption),
            head: [k.turnout, k.published].map(str::to_owned).to_vec(),
            rows,
        })
    }
}

/// The published figures of precincts among `units`.
pub(super) fn precincts<'a>(
    units: impl Iterator<Item = &'a Unit>,
    figures: impl Fn(&'a Unit) -> Option<&'a Cells>,
) -> Vec<(&'a UnitCode, &'a Cells)> {
    let precincts = units.filter(|unit| unit.kind.level() == Level::Precinct);
    precincts.filter_map(|unit| Some((&unit.code, figures(unit)?))).collect()
}
