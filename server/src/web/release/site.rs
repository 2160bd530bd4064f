//! A frozen site of one release: pages and JSON, files that anybody may copy and serve, with nothing that
//! runs and nothing from elsewhere.
//!
//! ```text
//! index.html, hattama.css             three languages, one style sheet
//! kk/ ru/ en/ index.html              the release, with its corrections
//!             drawings.html           drawings with their numbers; each as a file in drawings/
//!             units/CODE.html         official figures of each unit and of those below it
//! data/units/CODE.json                the same, for programs; and all that is said of a named precinct
//! release.json, release.jws, release.tlog-proof   the exact bytes, the statement, that the log has it
//! corrections/N.json                  the releases that correct it
//! keys/hq.key, keys/log.vkey          what the two are checked with
//! SHA256SUMS                          the hash of every other file
//! ```
//!
//! It holds what the release says and what the publications say that the release rests on, those very
//! ones. So the same release gives the same bytes, until a correction of it is released.

use std::{collections::HashMap, sync::Arc};

use actix_web::web::Bytes;
use askama::Template;
use hattama_proto::{
    id::{PartHash, UnitCode},
    pack::{Pack, Unit, UnitKind},
    statement::Level,
};
use serde_json::{Value, json};

use super::{
    article::{Article, kind_name, known},
    drawings::{Drawn, precincts},
    public::PublicPage,
};
use crate::{
    app::Headquarters,
    export::{TarEntry, TarWriter},
    http::HttpProblem,
    merge::{CellKey, Cells},
    published,
    release::Released,
    web::{
        assets,
        figure::figure_or_dash,
        frame::{LanguageLink, encoded},
        language::Language,
        words::Words,
    },
};

/// All that a site is made of.
pub(crate) struct Site {
    pack: Arc<Pack>,
    release: Released,
    /// By level, as far as the release rests on a publication of it.
    official: HashMap<Level, HashMap<UnitCode, Cells>>,
    /// What stands above each page, in each language: the same on thousands of them.
    headings: Vec<(Language, Heading)>,
}

/// What stands above each page of a language.
#[derive(Clone)]
struct Heading {
    title: String,
    election: String,
    exercise: Option<String>,
}

#[derive(Template)]
#[template(path = "release/site-index.html")]
struct IndexPage {
    languages: Vec<IndexLine>,
}

struct IndexLine {
    lang: &'static str,
    name: &'static str,
    title: String,
    election: String,
    exercise: Option<String>,
}

#[derive(Template)]
#[template(path = "release/unit.html")]
struct UnitPage<'a> {
    w: &'static Words,
    lang: &'static str,
    title: &'a str,
    election: &'a str,
    exercise: Option<&'a str>,
    languages: Vec<LanguageLink>,
    unit: UnitView,
    up: Option<UnitView>,
    tables: Vec<TableView>,
}

struct UnitView {
    kind: &'static str,
    name: String,
    code: String,
    file: String,
}

struct TableView {
    name: String,
    choices: Vec<String>,
    rows: Vec<RowView>,
}

struct RowView {
    name: String,
    /// Its page; none for a precinct, and for the unit itself.
    file: Option<String>,
    own: bool,
    figures: Vec<String>,
}

impl Site {
    /// The site of a release.
    pub(crate) async fn of(headquarters: &Headquarters, number: u32) -> Result<Self, HttpProblem> {
        let release = headquarters.release(number).await?;
        let mut official = HashMap::new();
        for publication in &release.content.publications {
            let figures = published::figures_of(&headquarters.db, &publication.publication).await?;
            official.insert(publication.level, figures);
        }
        let pack = Arc::clone(&headquarters.book.read().pack);
        let heading = |language| {
            let Article { title, election, exercise, .. } = Article::of_release(&release, language);
            (language, Heading { title, election, exercise })
        };
        let headings = Language::ALL.map(heading).into();
        Ok(Self { pack, release, official, headings })
    }

    /// The site as one stream of files, made one after another while it leaves. What cannot be made
    /// breaks it off.
    pub(crate) fn into_tar(self) -> impl Iterator<Item = Result<Bytes, HttpProblem>> {
        let site = Arc::new(self);
        let broken = |error: &dyn std::error::Error| {
            tracing::error!(%error, "a file of a frozen site could not be made");
            HttpProblem::new(
                hattama_proto::problem::ProblemCode::Internal,
                "headquarters failed inside",
            )
        };
        let mut sums = String::new();
        let mut files = Some(Self::files(&site));
        let mut ended = false;
        std::iter::from_fn(move || {
            if let Some(more) = &mut files {
                if let Some(file) = more.next() {
                    let written = file.map_err(|error| broken(&error)).and_then(|entry| {
                        let hash = PartHash::of(&entry.bytes);
                        sums.push_str(&format!("{hash}  {}\n", entry.name));
                        TarWriter::entry(&entry).map_err(|error| broken(&error))
                    });
                    return Some(written.map(Bytes::from));
                }
                files = None;
                let name = "SHA256SUMS".to_owned();
                let entry = TarEntry { name, bytes: std::mem::take(&mut sums).into_bytes() };
                let written = TarWriter::entry(&entry).map_err(|error| broken(&error));
                return Some(written.map(Bytes::from));
            }
            if ended {
                return None;
            }
            ended = true;
            Some(Ok(Bytes::from(TarWriter::end())))
        })
    }

    /// Every file but the list of their hashes, in one order.
    fn files(site: &Arc<Self>) -> impl Iterator<Item = Result<TarEntry, askama::Error>> + use<> {
        let shown: Vec<usize> = (0..site.pack.units.all().len())
            .filter(|at| site.is_shown(&site.pack.units.all()[*at]))
            .collect();
        let units = shown.clone();
        let pages = {
            let site = Arc::clone(site);
            Language::ALL.into_iter().flat_map(move |language| {
                let first = std::iter::once(site.page(language)).chain(site.drawings(language));
                let site = Arc::clone(&site);
                first.chain(shown.clone().into_iter().map(move |at| site.unit_page(at, language)))
            })
        };
        let data = {
            let site = Arc::clone(site);
            units.into_iter().map(move |at| Ok(site.unit_data(at)))
        };
        let head = site.head();
        head.into_iter().chain(pages).chain(data).chain(site.named().into_iter().map(Ok))
    }

    /// Whether a unit has a page: official figures are known of it or of one directly below it.
    fn is_shown(&self, unit: &Unit) -> bool {
        unit.kind != UnitKind::Precinct
            && (self.figures(unit).is_some()
                || self
                    .pack
                    .units
                    .children(&unit.code)
                    .any(|child| self.figures(child).is_some() || self.is_shown(child)))
    }

    fn figures(&self, unit: &Unit) -> Option<&Cells> {
        self.official.get(&unit.kind.level())?.get(&unit.code)
    }

    fn head(&self) -> Vec<Result<TarEntry, askama::Error>> {
        let release = &self.release;
        let file = |name: &str, bytes: &[u8]| {
            Ok(TarEntry { name: name.to_owned(), bytes: bytes.to_vec() })
        };
        let line = |(language, heading): &(Language, Heading)| {
            let Heading { title, election, exercise } = heading.clone();
            let (lang, name) = (language.code(), language.own_name());
            IndexLine { lang, name, title, election, exercise }
        };
        let index = IndexPage { languages: self.headings.iter().map(line).collect() };
        let mut files = vec![
            index.render().map(|text| entry("index.html", text)),
            file("hattama.css", assets::style()),
            file("release.json", &release.bytes),
            file("release.jws", release.proof.statement.as_bytes()),
            file("release.tlog-proof", release.proof.receipt.as_bytes()),
            file("keys/hq.key", format!("{}\n", release.proof.hq_key).as_bytes()),
            file("keys/log.vkey", format!("{}\n", release.proof.log_vkey).as_bytes()),
        ];
        for later in &release.corrected_by {
            files.push(file(&format!("corrections/{}.json", later.number), &later.bytes));
        }
        files
    }

    /// Languages, as links to pages beside the page of the release.
    fn languages(current: Language) -> Vec<LanguageLink> {
        let link = |language: Language| LanguageLink {
            code: language.code(),
            name: language.own_name(),
            address: format!("../{}/index.html", language.code()),
            current: language == current,
        };
        Language::ALL.map(link).into()
    }

    fn page(&self, language: Language) -> Result<TarEntry, askama::Error> {
        let first = self.pack.units.all().iter().find(|unit| self.is_shown(unit));
        let page = PublicPage {
            w: language.words(),
            lang: language.code(),
            a: Article::of_release(&self.release, language),
            style: "../hattama.css".to_owned(),
            icon: None,
            home: "index.html".to_owned(),
            languages: Self::languages(language),
            // Corrections lie here as they are; another release has a site of its own.
            release_before: None,
            release_after: "",
            files: "../".to_owned(),
            units: first.map(|unit| format!("units/{}.html", file_of(&unit.code))),
            drawings: self.drawn().is_there().then_some("drawings.html"),
        };
        Ok(entry(&format!("{}/index.html", language.code()), page.render()?))
    }

    fn drawn(&self) -> Drawn<'_> {
        let units = self.pack.units.all().iter();
        Drawn {
            pack: &self.pack,
            release: &self.release,
            precincts: precincts(units, |unit| self.figures(unit)),
        }
    }

    fn drawings(&self, language: Language) -> Vec<Result<TarEntry, askama::Error>> {
        let article = Article::of_release(&self.release, language);
        self.drawn().files(&article, Self::languages(language), language)
    }

    fn view(&self, unit: &Unit, language: Language) -> UnitView {
        UnitView {
            kind: kind_name(language.words(), unit.kind),
            name: known(&unit.names, unit.code.as_str(), language),
            code: unit.code.to_string(),
            file: file_of(&unit.code),
        }
    }

    fn unit_page(&self, at: usize, language: Language) -> Result<TarEntry, askama::Error> {
        let unit = &self.pack.units.all()[at];
        let heading = self.headings.iter().find(|(of, _)| *of == language);
        let (_, heading) = heading.expect("there is one of each language");
        let contests = &self.pack.election.contests;
        let tables = contests.iter().map(|contest| {
            let keys: Vec<CellKey> = contest
                .choices
                .iter()
                .map(|choice| CellKey::vote(contest.code.clone(), choice.code.clone()))
                .collect();
            let row = |of: &Unit, own: bool| RowView {
                name: known(&of.names, of.code.as_str(), language),
                file: (!own && self.is_shown(of)).then(|| file_of(&of.code)),
                own,
                figures: keys
                    .iter()
                    .map(|key| {
                        figure_or_dash(self.figures(of).and_then(|figures| figures.get(key)))
                    })
                    .collect(),
            };
            let below = self.pack.units.children(&unit.code).map(|child| row(child, false));
            let choice = |choice: &hattama_proto::pack::Choice| {
                known(&choice.names, choice.code.as_str(), language)
            };
            TableView {
                name: known(&contest.names, contest.code.as_str(), language),
                choices: contest.choices.iter().map(choice).collect(),
                rows: std::iter::once(row(unit, true)).chain(below).collect(),
            }
        });
        let up = unit.parent.as_ref().and_then(|parent| self.pack.units.get(parent));
        let page = UnitPage {
            w: language.words(),
            lang: language.code(),
            title: &heading.title,
            election: &heading.election,
            exercise: heading.exercise.as_deref(),
            languages: Self::languages(language),
            unit: self.view(unit, language),
            up: up.map(|up| self.view(up, language)),
            tables: tables.collect(),
        };
        let path = format!("{}/units/{}.html", language.code(), file_of(&unit.code));
        Ok(entry(&path, page.render()?))
    }

    fn official_json(&self, unit: &Unit) -> Value {
        let names = self.figures(unit).map(|figures| {
            let pair = |(key, figure): (&CellKey, Option<u64>)| (key.name(), figure.into());
            figures.iter().map(pair).collect::<serde_json::Map<String, Value>>()
        });
        json!({
            "unit": unit.code, "kind": unit.kind, "names": unit.names, "official": names,
        })
    }

    fn unit_data(&self, at: usize) -> TarEntry {
        let unit = &self.pack.units.all()[at];
        let mut data = self.official_json(unit);
        data["release"] = self.release.number.into();
        data["parent"] = json!(unit.parent);
        data["exercise"] = json!(self.release.content.exercise);
        let below = self.pack.units.children(&unit.code).map(|child| self.official_json(child));
        data["children"] = below.collect();
        data["differences"] = json!(self.differences(&unit.code));
        entry(&format!("data/units/{}.json", file_of(&unit.code)), format!("{data:#}\n"))
    }

    fn differences(&self, unit: &UnitCode) -> Vec<&crate::release::Difference> {
        self.release.content.differences().filter(|of| of.unit == *unit).collect()
    }

    /// What is said of each named precinct.
    fn named(&self) -> Vec<TarEntry> {
        let mut units: Vec<&UnitCode> = self
            .release
            .content
            .differences()
            .filter(|of| of.kind == UnitKind::Precinct)
            .map(|of| &of.unit)
            .collect();
        units.sort();
        units.dedup();
        let of = |code: &UnitCode| {
            let mut data = match self.pack.units.get(code) {
                Some(unit) => self.official_json(unit),
                None => json!({ "unit": code }),
            };
            data["release"] = self.release.number.into();
            data["exercise"] = json!(self.release.content.exercise);
            data["differences"] = json!(self.differences(code));
            entry(&format!("data/units/{}.json", file_of(code)), format!("{data:#}\n"))
        };
        units.into_iter().map(of).collect()
    }
}

fn entry(name: &str, text: String) -> TarEntry {
    TarEntry { name: name.to_owned(), bytes: text.into_bytes() }
}

/// Longest beginning of a unit's file name, in bytes: with folder, hash and ending the whole path stays
/// below the hundred bytes that a tar of the oldest form can say.
const FILE_BYTES_MAX: usize = 48;

/// A unit's code as the name of a file that every system and every address takes: what is not a plain
/// letter or digit is written as its bytes, with an underscore before each.
///
/// Two units never share a file, also where a system does not tell large letters from small ones: a
/// code with large letters, or one that is too long, has a part of its hash in its name. Two
/// underscores come from nothing else.
fn file_of(code: &UnitCode) -> String {
    let plain = encoded(&code.as_str().replace('_', "%5F")).replace("%25", "%").replace('%', "_");
    let is_large = code.as_str().bytes().any(|byte| byte.is_ascii_uppercase());
    if plain.len() <= FILE_BYTES_MAX && !is_large {
        return plain;
    }
    let hash = PartHash::of(code.as_str().as_bytes()).to_hex();
    format!("{}__{}", &plain[..plain.len().min(FILE_BYTES_MAX)], &hash[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_is_plain_and_belongs_to_one_code() {
        let names = ["11-1", "11_1", "11:1", "11_3a1", "Қ-1"]
            .map(|code| file_of(&UnitCode::new(code).unwrap()));
        assert_eq!(names, ["11-1", "11_5F1", "11_3A1", "11_5F3a1", "_D2_9A-1"]);
    }

    #[test]
    fn no_two_units_share_a_file_where_large_letters_are_not_told_from_small_ones() {
        let long = "Қ".repeat(30);
        let codes = [
            "ab-1",
            "AB-1",
            "Ab-1",
            "қ",
            "Қ",
            "d2",
            "_D2",
            "_d2",
            &long,
            &long[..58],
            &format!("{long}1"),
        ]
        .map(|code| UnitCode::new(code).unwrap());
        let names: std::collections::HashSet<String> =
            codes.iter().map(|code| file_of(code).to_lowercase()).collect();
        assert_eq!(names.len(), codes.len(), "{names:?}");
    }

    #[test]
    fn the_longest_code_that_there_can_be_has_a_path_that_fits_a_tar() {
        let length = (1..).find(|length| UnitCode::new(&"x".repeat(*length)).is_err()).unwrap();
        for letter in ["x", "X", "Қ", "_"] {
            let code = letter.repeat((length - 1) / letter.len());
            let file = file_of(&UnitCode::new(&code).unwrap());
            for path in [format!("data/units/{file}.json"), format!("kk/units/{file}.html")] {
                let written = TarWriter::entry(&TarEntry { name: path.clone(), bytes: vec![] });
                assert!(written.is_ok(), "{path}");
            }
        }
    }
}
