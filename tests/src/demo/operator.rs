//! The operator of the demonstration: headquarters' API over HTTP, as anybody with a token uses it.

use std::{fs, path::Path, time::Duration};

use hattama_proto::{
    id::{RecordId, UnitCode},
    invitation::Invitation,
    statement::{Disposition, Level},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{DemoError, DemoHeadquarters};
use crate::exercise::{Official, story::Observer};

/// Longest wait for one answer. The largest question, the archiving of 9,580 rows, takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hours for which an invitation can be used: it is used within the minute.
const INVITATION_HOURS: u32 = 1;

/// Speaks to headquarters with the operator's token.
pub(super) struct Operator {
    agent: ureq::Agent,
    url: String,
    token: String,
}

/// An incident as the list shows it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Incident {
    pub(super) id: RecordId,
    pub(super) occurred_at: Option<String>,
    pub(super) phase: String,
    pub(super) unit: Option<UnitCode>,
    pub(super) categories: Value,
}

impl Operator {
    /// The operator of this headquarters.
    pub(super) fn of(headquarters: &DemoHeadquarters) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Self { agent, url: headquarters.url(), token: headquarters.token().to_owned() }
    }

    /// Writes the publications into `folder` and archives them.
    pub(super) fn archive_all(&self, official: &Official, folder: &Path) -> Result<(), DemoError> {
        let io = |error| DemoError::Io(folder.to_owned(), error);
        official.write_folder(folder).map_err(io)?;
        for level in [Level::Precinct, Level::Region, Level::Nation] {
            let name = level.name();
            let file = fs::read(folder.join(format!("{name}.csv"))).map_err(io)?;
            // A name that can belong to nobody (RFC 2606).
            let source = format!("https://commission.example/exercise/{name}.csv");
            let path = format!("/v1/publications?level={name}&source={source}");
            let asked = format!("archive the {name} results");
            let archived: Value = self.ask(&asked, "POST", &path, "text/csv", &file)?;
            let left_out = archived["left_out"].as_array().map_or(0, Vec::len);
            if left_out > 0 || archived["id"].is_null() {
                let answer = format!("it left out {left_out} rows: {}", archived["left_out"]);
                return Err(DemoError::Operator { asked, answer });
            }
        }
        Ok(())
    }

    /// Invites an observer.
    pub(super) fn invite(&self, observer: &Observer) -> Result<Invitation, DemoError> {
        let asked = format!("invite {}", observer.person);
        let body = json!({
            "label": format!("{} (exercise)", observer.person),
            "org": observer.org,
            "mandate": observer.mandate,
            "valid_hours": INVITATION_HOURS,
        });
        let invited = self.post(&asked, "/v1/invitations", &body)?;
        let text = invited["invitation"].as_str().unwrap_or_default();
        text.parse().map_err(|error| DemoError::Operator {
            asked,
            answer: format!("an invitation that cannot be read: {error}"),
        })
    }

    /// Decides that a record counts, and for which unit.
    pub(super) fn reattribute(
        &self,
        record: RecordId,
        unit: &UnitCode,
        reason: &str,
    ) -> Result<(), DemoError> {
        let body = json!({ "disposition": Disposition::Counted, "unit": unit, "reason": reason });
        let path = format!("/v1/records/{record}/decisions");
        self.post("re-attribute a record", &path, &body).map(drop)
    }

    /// All incidents, in an order that one seed always gives.
    pub(super) fn incidents(&self) -> Result<Vec<Incident>, DemoError> {
        #[derive(Deserialize)]
        struct Page {
            incidents: Vec<Incident>,
            next: Option<u64>,
        }
        let mut all = Vec::new();
        let mut path = "/v1/incidents".to_owned();
        loop {
            let page: Page = self.ask("list the incidents", "GET", &path, "", &[])?;
            all.extend(page.incidents);
            let Some(next) = page.next else { break };
            path = format!("/v1/incidents?after={next}");
        }
        all.sort_by_cached_key(|incident: &Incident| {
            let categories = incident.categories.to_string();
            (
                incident.occurred_at.clone(),
                incident.phase.clone(),
                incident.unit.clone(),
                categories,
            )
        });
        Ok(all)
    }

    /// Takes a step with an incident.
    pub(super) fn step(&self, id: RecordId, to: &str, reason: &str) -> Result<(), DemoError> {
        let path = format!("/v1/incidents/{id}/transitions");
        let asked = format!("take an incident to {to}");
        self.post(&asked, &path, &json!({ "to": to, "reason": reason })).map(drop)
    }

    fn post(&self, asked: &str, path: &str, body: &Value) -> Result<Value, DemoError> {
        self.ask(asked, "POST", path, "application/json", body.to_string().as_bytes())
    }

    fn ask<T: DeserializeOwned>(
        &self,
        asked: &str,
        method: &str,
        path: &str,
        media_type: &str,
        body: &[u8],
    ) -> Result<T, DemoError> {
        let failed = |answer: String| DemoError::Operator { asked: asked.to_owned(), answer };
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", media_type);
        let request = request.body(body).map_err(|error| failed(error.to_string()))?;
        let answer = match method {
            "GET" => self.agent.run(request.map(|_| ())),
            _ => self.agent.run(request),
        };
        let mut answer = answer.map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let text = answer.body_mut().read_to_vec().map_err(|error| failed(error.to_string()))?;
        if !status.is_success() {
            return Err(failed(format!("{status} {}", String::from_utf8_lossy(&text))));
        }
        serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))
    }
}
