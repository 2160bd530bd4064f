//! Schemas of bodies. Members may be added to answers, so none of them is closed; bodies that
//! operators send are, because an unknown member is a slip of the pen.

use serde_json::{Map, Value, json};

use super::operations::Kind;

/// A reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema of a parameter.
pub(super) fn simple(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Count => json!({ "type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32 }),
        Kind::Hash => hash(),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
        Kind::Version => json!({ "type": "string", "pattern": "^\"[0-9]{1,18}\"$" }),
        Kind::OneOf(names) => json!({ "type": "string", "enum": names }),
    }
}

fn hash() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

pub(super) fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

pub(super) fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// An answer: these members are always there.
pub(super) fn answer(members: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> =
        members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// A body that an operator sends: these members and no others; those of `needed` must be there.
pub(super) fn body(needed: &[&str], members: &[(&str, Value)]) -> Value {
    let mut schema = answer(members);
    schema["required"] = json!(needed);
    schema["additionalProperties"] = false.into();
    schema
}

/// With the members of another schema.
pub(super) fn with(base: &[(&'static str, Value)], more: &[(&'static str, Value)]) -> Value {
    let members: Vec<(&str, Value)> = base.iter().chain(more).cloned().collect();
    answer(&members)
}

/// All of them, by name.
pub(super) fn all() -> Value {
    let maybe = or_null(&text());

    let counts = json!({ "type": "object", "additionalProperties": count() });
    let incident = [
        ("id", hash()),
        ("state", text()),
        ("version", count()),
        ("categories", list(&text())),
        ("phase", text()),
        ("severity", text()),
        ("unit", maybe.clone()),
        ("region", maybe.clone()),
        ("org", maybe.clone()),
        ("reporter", maybe.clone()),
        ("occurred_at", maybe.clone()),
        ("received_at", count()),
        ("updated_at", count()),
        ("index", count()),
        ("changed_index", count()),
        ("assignee", maybe.clone()),
        ("group", maybe.clone()),
        ("tags", list(&text())),
        ("duplicate_of", or_null(&hash())),
        ("edition", count()),
    ];
    let change = answer(&[
        ("version", count()),
        ("at", count()),
        ("actor", text()),
        ("index", or_null(&count())),
        ("change", json!({ "type": "object" })),
        ("words", maybe.clone()),
        ("salt", maybe.clone()),
    ]);
    let detail = [
        ("next_states", list(&text())),
        ("report", json!({ "type": ["object", "null"] })),
        ("chain", json!({ "type": "object" })),
        ("receipt", json!({ "type": ["object", "null"] })),
        ("evidence", text()),
        ("history", list(&change)),
        ("editions", list(&json!({ "type": "object" }))),
        ("duplicates", list(&hash())),
        ("group_members", list(&hash())),
        ("neighbours", list(&reference("Incident"))),
        ("jws", text()),
    ];
    let webhook = [
        ("id", text()),
        ("url", text()),
        ("state", text()),
        ("created_by", text()),
        ("created_at", count()),
        ("told", count()),
        ("failures", count()),
        ("failing_since", or_null(&count())),
        ("next_try", or_null(&count())),
        ("last_answer", maybe.clone()),
        ("last_try", or_null(&count())),
    ];
    let texts = json!({
        "type": ["object", "null"],
        "properties": { "kk": text(), "ru": text(), "en": text() },
        "additionalProperties": false,
    });
    let mut all = json!({
        "Any": { "type": "object" },
        "AnyList": { "type": "array" },
        "Problem": answer(&[
            ("type", text()), ("code", text()), ("status", count()), ("detail", text()),
        ]),
        "Incident": answer(&incident),
        "IncidentPage": answer(&[
            ("incidents", list(&reference("Incident"))), ("next", or_null(&count())),
        ]),
        "IncidentCounts": answer(&[
            ("reports", count()), ("events", count()), ("states", counts.clone()),
            ("severities", counts.clone()), ("categories", counts),
        ]),
        "IncidentDetail": with(&incident, &detail),
        "ChangedIncident": with(&incident, &[("changed_to", or_null(&count()))]),
        "Transition": body(&["to", "reason"], &[("to", text()), ("reason", text())]),
        "Assignment": body(&[], &[("to", maybe.clone())]),
        "Comment": body(&["words"], &[("words", text())]),
        "Tags": body(&[], &[("add", list(&text())), ("remove", list(&text()))]),
        "Group": body(&[], &[("group", maybe)]),
        "Duplicate": body(&["reason"], &[("of", or_null(&hash())), ("reason", text())]),
        "Publication": body(&[], &[("texts", texts), ("reason", text())]),
        "WebhookList": list(&reference("Webhook")),
        "NewWebhook": body(&["url"], &[("url", text())]),
        "Webhook": answer(&webhook),
        "Decision": body(&["disposition", "reason"], &[
            ("disposition", json!({ "enum": ["counted", "set_aside"] })),
            ("reason", text()),
            ("unit", json!({ "type": ["string", "null"] })),
            ("copy", json!({ "type": ["string", "null"] })),
            ("same_document_as", or_null(&hash())),
        ]),
        "Statement": answer(&[("statement", text()), ("index", count())]),
        "Revocation": body(&["reason"], &[
            ("reason", text()), ("from_index", json!({ "type": ["integer", "null"], "minimum": 0 })),
        ]),
        "Invitation": body(&["label", "org", "mandate"], &[
            ("label", text()), ("org", text()), ("mandate", json!({})),
            ("valid_hours", json!({ "type": "integer", "minimum": 1, "maximum": 2160 })),
        ]),
        "Cosigned": body(&["note"], &[("note", text())]),
        "StateRoot": answer(&[("state_root", hash())]),
        "EnrolmentPush": { "type": "object", "properties": { "request": text() }, "required": ["request"] },
        "SessionRequest": { "type": "object", "properties": { "kid": text() }, "required": ["kid"] },
        "PushRequest": {
            "type": "object", "required": ["records"],
            "properties": { "records": list(&text()) },
        },
        "StatusRequest": {
            "type": "object", "required": ["kid"],
            "properties": { "kid": text(), "records": list(&hash()), "photos": list(&hash()) },
        },
    });
    for more in [field(), super::accounts::schemas(), super::releases::schemas()] {
        for (name, schema) in more.as_object().into_iter().flatten() {
            all[name] = schema.clone();
        }
    }
    all
}

/// Bodies of the desk, the vault and the field.
fn field() -> Value {
    let reading = json!({ "type": "object", "required": ["shows"] });
    json!({
        "Entry": body(&["id", "reading"], &[
            ("id", json!({ "type": "string", "format": "uuid" })),
            ("reading", reading.clone()),
        ]),
        "Settled": body(&["reading", "reason"], &[("reading", reading), ("reason", text())]),
        "Passphrase": body(&["passphrase"], &[("passphrase", text()), ("old", or_null(&text()))]),
        "Secret": body(&["passphrase"], &[("passphrase", text())]),
        "NewVault": body(&["holders"], &[
            ("holders", list(&text())),
            ("coordinators", list(&reference("Any"))),
        ]),
        "NewOpening": body(&["reason", "passphrase"], &[
            ("people", list(&text())),
            ("grants", list(&reference("Any"))),
            ("reason", text()),
            ("passphrase", text()),
        ]),
        "Contact": body(&["label", "version"], &[
            ("label", text()),
            ("reach", text()),
            ("note", text()),
            ("version", count()),
        ]),
        "Replacement": body(&["reason"], &[("reason", text()), ("valid_hours", count())]),
        "Table": body(&["org", "table"], &[
            ("org", text()),
            ("table", text()),
            ("dry_run", json!({ "type": "boolean" })),
        ]),
        "Seat": body(&["version"], &[
            ("person", or_null(&text())),
            ("stands", json!({ "type": "boolean" })),
            ("version", count()),
        ]),
        "Presence": body(&["person", "unit", "what"], &[
            ("person", text()),
            ("unit", text()),
            ("what", text()),
            ("to_person", or_null(&text())),
            ("at", or_null(&json!({ "type": "integer" }))),
        ]),
        "NewMessage": body(&["to", "texts"], &[
            ("to", reference("Any")),
            ("org", or_null(&text())),
            ("texts", json!({
                "type": "object", "minProperties": 1, "additionalProperties": text(),
            })),
        ]),
        "Draw": body(&["seed", "size"], &[
            ("seed", text()),
            ("size", count()),
            ("by", json!({ "type": "string", "enum": ["country", "region"] })),
            ("dry_run", json!({ "type": "boolean" })),
        ]),
        "Told": body(&["channel", "told_at", "entry"], &[
            ("person", or_null(&text())),
            ("org", or_null(&text())),
            ("channel", text()),
            ("told_at", json!({ "type": "string", "format": "date-time" })),
            ("entry", reference("Any")),
        ]),
    })
}
