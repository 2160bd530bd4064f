//! `hattama incidents`: the review of incidents from a terminal.

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
    /// Only in this state
    #[arg(long, value_parser = state_name)]
    state: Option<String>,
    /// Only at this unit
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// Only in this region
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
    /// Only of this severity: low, medium, high, critical
    #[arg(long)]
    severity: Option<String>,
    /// Only of this phase of the election
    #[arg(long)]
    phase: Option<String>,
    /// Begin after this incident
    #[arg(long, value_name = "ID")]
    after: Option<RecordId>,
    /// Show at most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    access: Access,
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
        /// Its id
        id: RecordId,
        /// Where to: triaged, verifying, confirmed, insufficient, rejected, duplicate, escalated,
        /// resolved
        #[arg(value_parser = state_name)]
        state: String,
        /// Why, for the history
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Only if the incident still has this version, as `show` said
        #[arg(long, value_name = "N")]
        version: Option<u64>,
    },
}

#[derive(Deserialize)]
struct Page {
    incidents: Vec<Incident>,
    next: Option<String>,
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
}

#[derive(Deserialize)]
struct Detail {
    #[serde(flatten)]
    incident: Incident,
    history: Vec<Step>,
    next_states: Vec<String>,
    jws: String,
}

#[derive(Deserialize)]
struct Step {
    version: u64,
    from: String,
    to: String,
    actor: String,
    reason: String,
    at: UnixMillis,
}

impl Incidents {
    /// Lists, shows or takes a step.
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        match &self.what {
            None => self.list(&api),
            Some(What::Show { id }) => {
                let answer = api.get(&format!("/v1/incidents/{id}"))?;
                if self.json {
                    return output::say_json(&answer);
                }
                let detail: Detail = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
                output::say(&shown(&detail))
            }
            Some(What::Move { id, state, reason, version }) => {
                let body = json!({ "to": state, "reason": reason });
                let if_match: Vec<(&str, String)> =
                    version.iter().map(|version| ("If-Match", format!("\"{version}\""))).collect();
                let path = format!("/v1/incidents/{id}/transitions");
                let answer = api.post(&path, &body, &if_match)?;
                if self.json {
                    return output::say_json(&answer);
                }
                let now: Incident = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
                output::say(&format!("The incident is {} now, version {}.", now.state, now.version))
            }
        }
    }

    fn list(&self, api: &Api) -> Result<(), CliError> {
        let pairs = [
            ("state", self.state.clone()),
            ("unit", self.unit.clone()),
            ("region", self.region.clone()),
            ("severity", self.severity.clone()),
            ("phase", self.phase.clone()),
            ("after", self.after.map(RecordId::to_hex)),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ];
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
    let mut table = Table::new(["version", "at", "from", "to", "actor", "reason"]);
    for step in &detail.history {
        table.push([
            step.version.to_string(),
            step.at.to_rfc3339(),
            step.from.clone(),
            step.to.clone(),
            step.actor.clone(),
            output::short(&step.reason, 80),
        ]);
    }
    if !table.is_empty() {
        text.push_str(&table.render());
        text.push('\n');
    }
    text.push_str(&format!("May go to: {}\n", detail.next_states.join(", ")));
    text
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
