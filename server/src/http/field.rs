//! People in the field: their phones.

use actix_web::web::{Data, Json, Path};
use hattama_proto::id::PersonId;
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{access::Operator, app::Headquarters};

/// Body of `POST /v1/people/{person}/replacement`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplacementBody {
    reason: String,
    /// How long the new invitation can be used, in hours.
    #[serde(default = "one_day")]
    valid_hours: u32,
}

const fn one_day() -> u32 {
    24
}

/// A new invitation in place of a lost phone.
#[derive(Serialize)]
pub(super) struct ReplacementView {
    /// The text to hand over, once; it is not kept.
    invitation: String,
    person: String,
    /// How many keys ended.
    ended: usize,
}

/// `POST /v1/people/{person}/replacement`: ends every key of a person from now on and invites the same
/// person again, in one transaction. What the lost phone sent before stays.
///
/// 403 while one's contacts are closed, where there is a vault.
pub(super) async fn replace_phone(
    operator: Operator,
    person: Path<PersonId>,
    body: Json<ReplacementBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<ReplacementView>, HttpProblem> {
    let now = (headquarters.clock)();
    let replaced = headquarters
        .field
        .replace_phone(&person, &body.reason, body.valid_hours, &operator, now)
        .await?;
    Ok(Json(ReplacementView {
        invitation: replaced.invitation.to_text(),
        person: replaced.person.to_string(),
        ended: replaced.ended,
    }))
}
