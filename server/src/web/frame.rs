//! What stands around every page: language, election, the exercise banner, who is in.

use std::{borrow::Borrow, sync::Arc};

use actix_web::{HttpRequest, web::Data};
use hattama_proto::{
    id::{ChoiceCode, ContestCode, CopyType, FormCode, RecordId, UnitCode},
    pack::{Names, Pack, UnitKind},
    time::UnixMillis,
};

use super::{
    assets, figure,
    language::Language,
    words::{PeopleWords, Words},
};
use crate::{
    access::{Operator, Permission},
    app::Headquarters,
    merge::CellKey,
};

/// The frame of a page, in one language.
pub(super) struct Frame {
    /// The interface's words.
    pub(super) w: &'static Words,
    /// The set-up: names of everything else.
    pub(super) pack: Arc<Pack>,
    /// The account that is in, if any.
    pub(super) operator: Option<Operator>,
    /// When the page was made.
    now: UnixMillis,
    language: Language,
    path: String,
    /// The query without the language.
    query: String,
}

/// A way to the same page in another language.
pub(super) struct LanguageLink {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) address: String,
    pub(super) current: bool,
}

impl Frame {
    /// The frame for whoever asks, without anybody's name on it.
    pub(super) fn of_stranger(request: &HttpRequest) -> Self {
        let headquarters: &Data<Headquarters> = request.app_data().expect("serve() puts it there");
        let language = Language::of_request(request.query_string(), request.headers());
        // The token of an `/enter?token=` must not come back in a link.
        let kept = |pair: &&str| !pair.starts_with("lang=") && !pair.starts_with("token=");
        let query: Vec<_> = request.query_string().split('&').filter(kept).collect();
        Self {
            w: language.words(),
            pack: Arc::clone(&headquarters.book.read().pack),
            operator: None,
            now: (headquarters.clock)(),
            language,
            path: request.path().to_owned(),
            query: query.join("&"),
        }
    }

    /// The same page in the other languages.
    pub(super) fn languages(&self) -> Vec<LanguageLink> {
        let link = |language: Language| {
            let code = language.code();
            let more = if self.query.is_empty() { "" } else { "&" };
            LanguageLink {
                code,
                name: language.own_name(),
                address: format!("{}?{}{more}lang={code}", self.path, self.query),
                current: language == self.language,
            }
        };
        Language::ALL.map(link).into()
    }

    /// The address of this page.
    pub(super) fn here(&self) -> String {
        if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.query)
        }
    }

    /// When this page was made.
    pub(super) const fn now(&self) -> UnixMillis {
        self.now
    }

    /// The page's language.
    pub(super) const fn language(&self) -> Language {
        self.language
    }

    /// BCP 47 code of the page's language.
    pub(super) const fn lang(&self) -> &'static str {
        self.language.code()
    }

    /// Address of the style sheet.
    pub(super) fn style(&self) -> &'static str {
        assets::address_of("hattama.css")
    }

    /// Address of a script of ours: a module, by its file name.
    pub(super) fn script(&self, name: &str) -> &'static str {
        assets::address_of(name)
    }

    /// The words of the pages about people.
    pub(super) const fn p(&self) -> &'static PeopleWords {
        &self.w.people
    }

    /// Whether whoever looks may do this.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.operator.as_ref().is_some_and(|operator| operator.may(permission))
    }

    /// Address of the icon.
    pub(super) fn icon(&self) -> &'static str {
        assets::address_of("icon.svg")
    }

    /// Whether the navigation's entry `path` is where we are.
    pub(super) fn is_at(&self, path: &str) -> bool {
        self.path == path
    }

    /// The banner of an exercise.
    pub(super) fn exercise(&self) -> Option<&str> {
        self.pack.election.exercise.as_ref().map(|names| self.name(names))
    }

    /// The election's name.
    pub(super) fn election(&self) -> &str {
        self.name(&self.pack.election.names)
    }

    /// When this page was made, in the election's time zone.
    pub(super) fn made_at(&self) -> String {
        self.moment(self.now)
    }

    /// A moment in the election's time zone.
    pub(super) fn moment(&self, at: impl Borrow<UnixMillis>) -> String {
        figure::moment(*at.borrow(), &self.pack.election.time_zone)
    }

    /// A name in the page's language.
    pub(super) fn name<'a>(&self, names: &'a Names) -> &'a str {
        names.get(self.lang())
    }

    /// A unit's name, else its code.
    pub(super) fn unit(&self, code: &UnitCode) -> String {
        let name = self.pack.units.get(code).map_or("", |unit| self.name(&unit.names));
        if name.is_empty() { code.to_string() } else { name.to_owned() }
    }

    /// Address of a unit's page; a region's is its own.
    pub(super) fn unit_address(&self, code: &UnitCode) -> String {
        let kind = self.pack.units.get(code).map(|unit| unit.kind);
        let page = if kind == Some(UnitKind::Region) { "regions" } else { "units" };
        format!("/{page}/{}", encoded(code.as_str()))
    }

    /// What kind of unit it is, in words; nothing for one that is not in the register.
    pub(super) fn unit_kind(&self, code: &UnitCode) -> &'static str {
        match self.pack.units.get(code).map(|unit| unit.kind) {
            None => "",
            Some(UnitKind::Country) => self.w.country,
            Some(UnitKind::Region) => self.w.region,
            Some(UnitKind::District) => self.w.district,
            Some(UnitKind::Precinct) => self.w.precinct,
        }
    }

    /// A form's name, else its code.
    pub(super) fn form(&self, code: &FormCode) -> String {
        let form = self.pack.form(code);
        named(form.map(|form| self.name(&form.names)), code.as_str())
    }

    /// A copy type's name, else its code.
    pub(super) fn copy(&self, code: &CopyType) -> String {
        let copy = self.pack.election.copy_types.iter().find(|copy| copy.code == *code);
        named(copy.map(|copy| self.name(&copy.names)), code.as_str())
    }

    /// A contest's name, else its code.
    pub(super) fn contest(&self, code: &ContestCode) -> String {
        let contest = self.pack.election.contests.iter().find(|known| known.code == *code);
        named(contest.map(|contest| self.name(&contest.names)), code.as_str())
    }

    /// A choice's name, else its code.
    pub(super) fn choice(&self, contest: &ContestCode, code: &ChoiceCode) -> String {
        let contest = self.pack.election.contests.iter().find(|known| known.code == *contest);
        let choice =
            contest.and_then(|contest| contest.choices.iter().find(|known| known.code == *code));
        named(choice.map(|choice| self.name(&choice.names)), code.as_str())
    }

    /// A phase's name, else its code.
    pub(super) fn phase(&self, code: &str) -> String {
        let phase = self.pack.incidents.phases.iter().find(|known| known.code.as_str() == code);
        named(phase.map(|phase| self.name(&phase.names)), code)
    }

    /// A category's name, else its code.
    pub(super) fn category(&self, code: &str) -> String {
        let categories = &self.pack.incidents.categories;
        let category = categories.iter().find(|known| known.code.as_str() == code);
        named(category.map(|category| self.name(&category.names)), code)
    }

    /// A cell's name: the line's words or the choice.
    pub(super) fn cell(&self, key: &CellKey) -> String {
        match key {
            CellKey::Line { line } => {
                let lines = self.pack.forms.forms.iter().flat_map(|form| &form.lines);
                let found = lines.into_iter().find(|known| known.code == *line);
                named(found.map(|line| self.name(&line.names)), line.as_str())
            }
            CellKey::Vote { contest, choice } => self.choice(contest, choice),
        }
    }
}

fn named(name: Option<&str>, code: &str) -> String {
    name.filter(|name| !name.is_empty()).unwrap_or(code).to_owned()
}

/// A way to a unit's page.
pub(super) struct UnitLink {
    pub(super) address: String,
    pub(super) name: String,
}

impl UnitLink {
    pub(super) fn new(frame: &Frame, code: &UnitCode) -> Self {
        Self { address: frame.unit_address(code), name: frame.unit(code) }
    }
}

/// A code as a part of an address.
pub(super) fn encoded(code: &str) -> String {
    let mut text = String::with_capacity(code.len());
    for byte in code.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                text.push(char::from(byte))
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

/// An id: long where it must be exact, short where a person only has to tell two apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id(String);

impl Id {
    /// Its first digits.
    pub(super) fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

impl From<RecordId> for Id {
    fn from(id: RecordId) -> Self {
        Self(id.to_hex())
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
