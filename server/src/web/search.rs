//! `GET /search?q=`: jumps to a unit, a record or the record of a photograph; lists what fits a part
//! of a name.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use hattama_proto::{
    id::{PhotoHash, UnitCode},
    kind::Kind,
};
use serde::Deserialize;

use super::{answer, frame::Frame, visitor::Visitor, words::Words};
use crate::{access::Scope, app::Headquarters, http::HttpProblem, store};

/// Longest list of what was found.
const FOUND_MAX: usize = 50;

/// Fewest digits of an id that are searched for: fewer fit too much.
const ID_DIGITS_MIN: usize = 8;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    query: &'a str,
    found: Vec<Hit>,
    /// Whether the list is cut.
    more: bool,
}

struct Hit {
    address: String,
    text: String,
}

/// Query of `GET /search`.
#[derive(Deserialize)]
pub(super) struct SearchQuery {
    #[serde(default)]
    q: String,
}

/// `GET /search?q=`.
pub(super) async fn show(
    visitor: Visitor,
    query: Query<SearchQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let words = query.q.trim();
    if let Ok(code) = UnitCode::new(words)
        && frame.pack.units.get(&code).is_some()
    {
        return Ok(answer::see_other(&frame.unit_address(&code)));
    }
    let mut found = records(&headquarters, &visitor.operator.scope, words).await?;
    if let [only] = found.as_slice() {
        return Ok(answer::see_other(&only.address));
    }
    found.extend(units(frame, words));
    let more = found.len() > FOUND_MAX;
    found.truncate(FOUND_MAX);
    answer::html(&SearchPage { frame, w: frame.w, query: words, found, more })
}

/// Records whose id begins with these digits, or that name the photograph with this hash.
async fn records(
    headquarters: &Headquarters,
    scope: &Scope,
    words: &str,
) -> Result<Vec<Hit>, HttpProblem> {
    let digits = words.to_ascii_lowercase();
    let is_hex = (ID_DIGITS_MIN..=64).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex {
        return Ok(Vec::new());
    }
    let limit = u32::try_from(FOUND_MAX + 1).expect("a small number");
    let begin = store::records::beginning(&headquarters.db, &digits, limit).await?;
    let mut seen = Vec::new();
    for (id, typ) in begin {
        if headquarters.record_within(scope, &id).await?.is_some() {
            seen.push((id, typ));
        }
    }
    let mut found: Vec<Hit> = seen
        .into_iter()
        .map(|(id, typ)| {
            let is_incident = Kind::from_typ(&typ) == Some(Kind::Incident);
            let page = if is_incident { "incidents" } else { "records" };
            Hit { address: format!("/{page}/{id}"), text: id.to_hex() }
        })
        .collect();
    if found.is_empty()
        && let Ok(photo) = digits.parse::<PhotoHash>()
    {
        let named = store::photos::named_by(&headquarters.db, &photo).await?;
        for id in named {
            if headquarters.record_within(scope, &id).await?.is_some() {
                found.push(Hit { address: format!("/records/{id}"), text: id.to_hex() });
            }
        }
    }
    Ok(found)
}

/// Units whose code or name holds these words.
fn units(frame: &Frame, words: &str) -> Vec<Hit> {
    let wanted = words.to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let fits = |unit: &&hattama_proto::pack::Unit| {
        unit.code.as_str().to_lowercase().contains(&wanted)
            || unit.names.0.values().any(|name| name.to_lowercase().contains(&wanted))
    };
    frame
        .pack
        .units
        .all()
        .iter()
        .filter(fits)
        .take(FOUND_MAX + 1)
        .map(|unit| {
            let name = frame.unit(&unit.code);
            let code = unit.code.as_str();
            let text = if name == code { name } else { format!("{code} {name}") };
            let kind = frame.unit_kind(&unit.code);
            Hit { address: frame.unit_address(&unit.code), text: format!("{kind}: {text}") }
        })
        .collect()
}
