//! `hattama incidents`: the review of incidents from a terminal.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use hattama_proto::{id::RecordId, time::UnixMillis};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    CliError,
    access::Access,
    api::{Api, query, unexpected},
    output,
    table::Table,
};
use crate::review::IncidentState;

/// Flags of `hattama incidents`.
#[derive(Debug, Args)]
pub(super) struct Incidents {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    filter: Filter,
    /// Begin after this place, as the page before said
    #[arg(long, value_name = "N")]
    after: Option<u64>,
    /// The newest change first (changed) or the newest report first (received)
    #[arg(long, value_parser = ["changed", "received"])]
    order: Option<String>,
    /// Show at most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

/// Which incidents.
#[derive(Debug, Args)]
struct Filter {
    /// Only in this state
    #[arg(long, value_parser = state_name)]
    state: Option<String>,
    /// Only at this unit
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// Only in this region, or at and below any other unit
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
    /// Only of this severity: low, medium, high, critical
    #[arg(long)]
    severity: Option<String>,
    /// Only of this category
    #[arg(long, value_name = "CODE")]
    category: Option<String>,
    /// Only of this phase of the election
    #[arg(long)]
    phase: Option<String>,
    /// Only reported for this organisation
    #[arg(long, value_name = "CODE")]
    org: Option<String>,
    /// Only looked after by this account
    #[arg(long, value_name = "ACCOUNT")]
    assignee: Option<String>,
    /// Only with this tag
    #[arg(long)]
    tag: Option<String>,
    /// Only of this group
    #[arg(long)]
    group: Option<String>,
    /// Only with these words, whatever their endings; Kazakh, Russian, English
    #[arg(long, value_name = "WORDS")]
    words: Option<String>,
    /// Only received since, for example 2030-12-08T20:00:00+05:00
    #[arg(long, value_name = "TIME")]
    received_from: Option<String>,
    /// Only received before
    #[arg(long, value_name = "TIME")]
    received_until: Option<String>,
}

impl Filter {
    fn pairs(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("state", self.state.clone()),
            ("unit", self.unit.clone()),
            ("region", self.region.clone()),
            ("severity", self.severity.clone()),
            ("category", self.category.clone()),
            ("phase", self.phase.clone()),
            ("org", self.org.clone()),
            ("assignee", self.assignee.clone()),
            ("tag", self.tag.clone()),
            ("group", self.group.clone()),
            ("q", self.words.clone()),
            ("received_from", self.received_from.clone()),
            ("received_until", self.received_until.clone()),
        ]
    }
}

/// Which incident, and on which condition.
#[derive(Debug, Args)]
struct One {
    /// Its id
    id: RecordId,
    /// Only if the incident still has this version, as `show` said
    #[arg(long, value_name = "N")]
    version: Option<u64>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show one incident with its history and what may follow
    Show {
        /// Its id
        id: RecordId,
    },
    /// Take a step: the incident goes to another state, and its history says who and why
    Move {
        #[command(flatten)]
        one: One,
        /// Where to: triaged, verifying, confirmed, insufficient, rejected, duplicate, escalated,
        /// resolved
        #[arg(value_parser = state_name)]
        state: String,
        /// Why, for the history
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Say who looks after it
    Assign {
        #[command(flatten)]
        one: One,
        /// An account; nobody if it is left out
        account: Option<String>,
    },
    /// Remark on it
    Comment {
        #[command(flatten)]
        one: One,
        /// The remark
        words: String,
    },
    /// Give it tags and take some
    Tag {
        #[command(flatten)]
        one: One,
        /// A tag that it gets
        #[arg(long, value_name = "TAG")]
        add: Vec<String>,
        /// A tag that it loses
        #[arg(long, value_name = "TAG")]
        remove: Vec<String>,
    },
    /// Put it with others
    Group {
        #[command(flatten)]
        one: One,
        /// Name of the group; out of its group if it is left out
        name: Option<String>,
    },
    /// Mark it as telling the same event as another; without --of take that mark away
    Duplicate {
        #[command(flatten)]
        one: One,
        /// The incident that counts
        #[arg(long, value_name = "ID")]
        of: Option<RecordId>,
        /// Why, for the history
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Make a text about it public, apart from the report; without a text withdraw what is public
    Publish {
        #[command(flatten)]
        one: One,
        /// In Kazakh
        #[arg(long, value_name = "TEXT")]
        kk: Option<String>,
        /// In Russian
        #[arg(long, value_name = "TEXT")]
        ru: Option<String>,
        /// In English
        #[arg(long, value_name = "TEXT")]
        en: Option<String>,
        /// Why it is withdrawn
        #[arg(long, value_name = "TEXT", required_unless_present_any = ["kk", "ru", "en"])]
        reason: Option<String>,
    },
    /// Write those that fit into a file
    Export {
        /// The file; it must not be there yet
        file: PathBuf,
        /// csv for spreadsheets, exact_csv with every cell as it is, json with one object a line
        #[arg(long, value_parser = ["csv", "exact_csv", "json"], default_value = "csv")]
        format: String,
        #[command(flatten)]
        filter: Box<Filter>,
    },
}

#[derive(Deserialize)]
struct Page {
    incidents: Vec<Incident>,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct Incident {
    id: String,
    state: String,
    version: u64,
    #[serde(default)]
    categories: Value,
    phase: String,
    severity: String,
    unit: Option<String>,
    region: Option<String>,
    org: Option<String>,
    reporter: Option<String>,
    occurred_at: Option<String>,
    updated_at: UnixMillis,
    assignee: Option<String>,
    group: Option<String>,
    tags: Vec<String>,
    duplicate_of: Option<String>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(flatten)]
    incident: Incident,
    history: Vec<Change>,
    next_states: Vec<String>,
    duplicates: Vec<String>,
    jws: String,
}

#[derive(Deserialize)]
struct Change {
    version: u64,
    actor: String,
    at: UnixMillis,
    change: Value,
    words: Option<String>,
}

impl Incidents {
    /// Lists, shows, changes or takes out.
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        let (one, what, body) = match &self.what {
            None => return self.list(&api),
            Some(What::Show { id }) => {
                let answer = api.get(&format!("/v1/incidents/{id}"))?;
                if self.json {
                    return output::say_json(&answer);
                }
                let detail: Detail = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
                return output::say(&shown(&detail));
            }
            Some(What::Export { file, format, filter }) => {
                return export(&api, file, format, filter);
            }
            Some(What::Move { one, state, reason }) => {
                (one, "transitions", json!({ "to": state, "reason": reason }))
            }
            Some(What::Assign { one, account }) => (one, "assignment", json!({ "to": account })),
            Some(What::Comment { one, words }) => (one, "comments", json!({ "words": words })),
            Some(What::Tag { one, add, remove }) => {
                (one, "tags", json!({ "add": add, "remove": remove }))
            }
            Some(What::Group { one, name }) => (one, "group", json!({ "group": name })),
            Some(What::Duplicate { one, of, reason }) => {
                (one, "duplicate", json!({ "of": of, "reason": reason }))
            }
            Some(What::Publish { one, kk, ru, en, reason }) => {
                let texts: serde_json::Map<String, Value> = [("kk", kk), ("ru", ru), ("en", en)]
                    .into_iter()
                    .filter_map(|(language, text)| {
                        Some((language.to_owned(), text.clone()?.into()))
                    })
                    .collect();
                let body = match reason {
                    Some(reason) if texts.is_empty() => json!({ "texts": null, "reason": reason }),
                    _ => json!({ "texts": texts }),
                };
                (one, "publication", body)
            }
        };
        let if_match: Vec<(&str, String)> =
            one.version.iter().map(|version| ("If-Match", format!("\"{version}\""))).collect();
        let answer = api.post(&format!("/v1/incidents/{}/{what}", one.id), &body, &if_match)?;
        if self.json {
            return output::say_json(&answer);
        }
        let now: Incident = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        output::say(&format!("The incident is {} now, version {}.", now.state, now.version))
    }

    fn list(&self, api: &Api) -> Result<(), CliError> {
        let mut pairs = self.filter.pairs();
        pairs.push(("order", self.order.clone()));
        pairs.push(("after", self.after.map(|after| after.to_string())));
        pairs.push(("limit", self.limit.map(|limit| limit.to_string())));
        let answer = api.get(&format!("/v1/incidents{}", query(&pairs)))?;
        if self.json {
            return output::say_json(&answer);
        }
        let page: Page = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let mut table = Table::new([
            "state",
            "severity",
            "phase",
            "categories",
            "unit",
            "org",
            "updated",
            "id",
        ]);
        for incident in page.incidents {
            let categories = categories(&incident);
            table.push([
                incident.state,
                incident.severity,
                incident.phase,
                categories,
                incident.unit.unwrap_or_default(),
                incident.org.unwrap_or_default(),
                incident.updated_at.to_rfc3339(),
                incident.id,
            ]);
        }
        if table.is_empty() {
            return output::say("No incidents here.");
        }
        let mut text = table.render();
        if let Some(next) = page.next {
            text.push_str(&format!("There may be more: the same with --after {next}\n"));
        }
        output::say(&text)
    }
}

fn export(api: &Api, place: &Path, format: &str, filter: &Filter) -> Result<(), CliError> {
    let mut pairs = filter.pairs();
    pairs.push(("format", Some(format.to_owned())));
    let mut file =
        fs::File::create_new(place).map_err(|error| CliError::unwritable(place, &error))?;
    api.download(&format!("/v1/incidents/export{}", query(&pairs)), place, &mut file)?;
    file.sync_all().map_err(|error| CliError::unwritable(place, &error))?;
    output::say(&format!("Written to {}.", place.display()))
}

fn state_name(text: &str) -> Result<String, String> {
    IncidentState::from_name(text).map(|state| state.name().to_owned()).ok_or_else(|| {
        let names: Vec<&str> = IncidentState::ALL.iter().map(|state| state.name()).collect();
        format!("an incident is {}", names.join(", "))
    })
}

fn categories(incident: &Incident) -> String {
    let codes = incident.categories.as_array().map_or(&[][..], Vec::as_slice);
    codes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
}

fn shown(detail: &Detail) -> String {
    let incident = &detail.incident;
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let words = words(&detail.jws).unwrap_or_default();
    let mut text = output::printable(&format!(
        "incident    {}\nstate       {}, version {}\nseverity    {}\nphase       {}\ncategories  {}\nunit        {}\nregion      {}\nreporter    {} of {}\noccurred    {}\n\n{words}\n\n",
        incident.id,
        incident.state,
        incident.version,
        incident.severity,
        incident.phase,
        categories(incident),
        or_none(&incident.unit),
        or_none(&incident.region),
        or_none(&incident.reporter),
        or_none(&incident.org),
        or_none(&incident.occurred_at),
    ));
    for (name, value) in [
        ("assignee", incident.assignee.clone()),
        ("group", incident.group.clone()),
        ("tags", Some(incident.tags.join(", ")).filter(|tags| !tags.is_empty())),
        ("same as", incident.duplicate_of.clone()),
        ("counts for", Some(detail.duplicates.join(", ")).filter(|ids| !ids.is_empty())),
    ] {
        if let Some(value) = value {
            text.push_str(&output::printable(&format!("{name:<12}{value}\n")));
        }
    }
    let mut table = Table::new(["version", "at", "actor", "change", "words"]);
    for change in &detail.history {
        table.push([
            change.version.to_string(),
            change.at.to_rfc3339(),
            change.actor.clone(),
            said(&change.change),
            output::short(change.words.as_deref().unwrap_or_default(), 80),
        ]);
    }
    if !table.is_empty() {
        text.push_str(&table.render());
        text.push('\n');
    }
    text.push_str(&format!("May go to: {}\n", detail.next_states.join(", ")));
    text
}

/// A change in one line.
fn said(change: &Value) -> String {
    let text = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
    match change["kind"].as_str().unwrap_or_default() {
        "step" => format!("{} -> {}", text("from"), text("to")),
        "duplicate" => format!("{} -> duplicate of {}", text("from"), text("of")),
        "assign" => format!("assign {}", text("to")),
        "group" => format!("group {}", text("group")),
        "tag" => {
            let names = |name: &str, sign: &str| {
                let tags = change[name].as_array().map_or(&[][..], Vec::as_slice);
                tags.iter().filter_map(Value::as_str).map(|tag| format!(" {sign}{tag}")).collect()
            };
            let (given, taken): (String, String) = (names("add", "+"), names("remove", "-"));
            format!("tag{given}{taken}")
        }
        other => other.to_owned(),
    }
}

/// The observer's words out of the signed report, where it is one: a critical answer of a
/// checklist opens an incident too.
fn words(jws: &str) -> Option<String> {
    let envelope = hattama_proto::jws::Envelope::parse(jws).ok()?;
    let claims: Value = serde_json::from_slice(envelope.unverified_payload()).ok()?;
    let said = |place| claims.pointer(place).and_then(Value::as_str);
    let words = said("/body/words").or_else(|| said("/body/becomes/body/words"));
    Some(match words {
        Some(words) => words.to_owned(),
        None => serde_json::to_string_pretty(claims.get("body")?).ok()?,
    })
}
