//! The interface as an OpenAPI 3.1 document: made from the route table, so that no address can be
//! missing, and from what `operations.rs` says of each. Served, and shown as a page at `/api`.

mod accounts;
mod field;
mod figures;
mod operations;
mod releases;
mod schemas;

use std::{collections::BTreeMap, sync::LazyLock};

use actix_web::{HttpResponse, http::header};
use hattama_proto::{problem::ProblemCode, wire::WIRE_VERSION};
use serde_json::{Map, Value, json};

use self::operations::{Answer, Body, OPERATIONS, Operation, Parameter};
use super::{ADDRESSES, Address, BESIDE};
use crate::access::Access;

/// What every address may refuse with, whatever it does.
const ALWAYS: [ProblemCode; 4] = [
    ProblemCode::StoreUnavailable,
    ProblemCode::LogStopped,
    ProblemCode::StorageFull,
    ProblemCode::Internal,
];

/// The document, made once.
static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The document as it is served.
static TEXT: LazyLock<String> = LazyLock::new(|| DOCUMENT.to_string());

/// `GET /v1/openapi.json`: this interface, for programs.
pub(super) async fn show() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(TEXT.as_str())
}

/// The document.
pub(crate) fn description() -> &'static Value {
    &DOCUMENT
}

fn document() -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for address in ADDRESSES.iter().chain(BESIDE) {
        let operation = operation_of(address).expect("a test finds one for every address");
        // What stands behind a variable part in actix' own way.
        let path = address.pattern.trim_end_matches('*');
        let method = address.method.as_str().to_lowercase();
        paths.entry(path).or_default().insert(method, described(address, operation));
    }
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Hattama headquarters",
            "version": WIRE_VERSION,
            "description": "Election observation: signed records, incidents, comparison. Refusals \
                are application/problem+json; act on `code`, never on words.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "operator": {
                    "type": "http", "scheme": "bearer",
                    "description": "The token of an account.",
                },
                "device": {
                    "type": "http", "scheme": "bearer",
                    "description": "The token that a device got when it enrolled.",
                },
            },
            "schemas": schemas::all(),
        },
    })
}

fn operation_of(address: &Address) -> Option<&'static Operation> {
    OPERATIONS
        .iter()
        .chain(field::OPERATIONS)
        .chain(figures::OPERATIONS)
        .chain(accounts::OPERATIONS)
        .chain(releases::OPERATIONS)
        .find(|known| known.method == address.method.as_str() && known.path == address.pattern)
}

fn described(address: &Address, operation: &Operation) -> Value {
    let mut refused: Vec<ProblemCode> = operation.refused.to_vec();
    let mut said = json!({
        "operationId": name_of(address),
        "summary": operation.summary,
        "tags": [operation.tag],
    });
    match address.access {
        Access::Anybody => {}
        Access::Phone if operation.device => {
            said["security"] = json!([{ "device": [] }]);
            refused.push(ProblemCode::Unauthorized);
        }
        Access::Phone => {}
        Access::Account | Access::Holder(_) => {
            said["security"] = json!([{ "operator": [] }]);
            refused.extend([ProblemCode::Unauthorized, ProblemCode::Forbidden]);
            if let Access::Holder(permission) = address.access {
                if permission.needs_fresh_factor() {
                    refused.push(ProblemCode::StepUpRequired);
                }
                said["x-permission"] = format!("{permission:?}").into();
            }
        }
    }
    let mut parameters: Vec<Value> = variables(address.pattern).collect();
    if !parameters.is_empty() {
        refused.push(ProblemCode::NotFound);
    }
    parameters.extend(operation.query.iter().map(|parameter| parameter_in("query", parameter)));
    parameters.extend(operation.headers.iter().map(|parameter| parameter_in("header", parameter)));
    if !operation.query.is_empty() || !operation.headers.is_empty() {
        refused.push(ProblemCode::MalformedRequest);
    }
    if !parameters.is_empty() {
        said["parameters"] = parameters.into();
    }
    match operation.body {
        Body::None => {}
        Body::Json(schema) => {
            said["requestBody"] = json!({
                "required": true,
                "content": { "application/json": { "schema": schemas::reference(schema) } },
            });
            refused.extend([ProblemCode::MalformedBody, ProblemCode::TooLarge]);
        }
        Body::Bytes(media_type) => {
            said["requestBody"] = json!({
                "required": true, "content": { media_type: { "schema": {} } },
            });
            refused.extend([ProblemCode::MalformedBody, ProblemCode::TooLarge]);
        }
    }
    refused.extend(ALWAYS);
    said["responses"] = answers(&operation.answer, refused, operation.method == "HEAD");
    said
}

fn answers(answer: &Answer, mut refused: Vec<ProblemCode>, head: bool) -> Value {
    let mut answers = Map::new();
    let content = match answer {
        Answer::Json(schema) => {
            json!({ "application/json": { "schema": schemas::reference(schema) } })
        }
        Answer::Media(types) => {
            let types = types.iter().map(|media| ((*media).to_owned(), json!({ "schema": {} })));
            types.collect::<Map<_, _>>().into()
        }
        Answer::Nothing | Answer::Gone => Value::Null,
    };
    let mut good = json!({ "description": "Done." });
    if !content.is_null() {
        good["content"] = content;
    }
    let status = if matches!(answer, Answer::Gone) { "204" } else { "200" };
    answers.insert(status.to_owned(), good);
    refused.sort_by_key(|code| (code.status(), code.name()));
    refused.dedup();
    let mut by_status: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for code in refused {
        by_status.entry(code.status()).or_default().push(code.name());
    }
    for (status, codes) in by_status {
        let mut refusal = json!({
            "description": format!("Refused: {}.", codes.join(", ")),
            "x-problem-codes": codes,
        });
        // The answer to a HEAD has no body, whatever it says.
        if !head {
            refusal["content"] = json!({
                "application/problem+json": { "schema": schemas::reference("Problem") }
            });
        }
        answers.insert(status.to_string(), refusal);
    }
    answers.into()
}

/// `GET /v1/incidents/{id}` is `get_incidents_id`.
fn name_of(address: &Address) -> String {
    let path = address.pattern.trim_start_matches("/v1").trim_end_matches('*');
    let parts = path.split(|letter: char| !letter.is_ascii_alphanumeric());
    let parts = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
    format!("{}_{parts}", address.method.as_str().to_lowercase())
}

/// The variable parts of a pattern.
fn variables(pattern: &str) -> impl Iterator<Item = Value> {
    pattern.split('{').skip(1).filter_map(|part| part.split('}').next()).map(|name| {
        let hash = json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
        let schema = match name {
            "sha256" => hash,
            _ => json!({ "type": "string", "minLength": 1 }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    })
}

fn parameter_in(place: &str, parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": place,
        "required": parameter.required,
        "description": parameter.says,
        "schema": schemas::simple(parameter.kind),
    })
}

/// One operation as a page shows it.
pub(crate) struct Shown {
    /// `GET`.
    pub(crate) method: &'static str,
    /// Its pattern.
    pub(crate) path: &'static str,
    /// What it does.
    pub(crate) summary: &'static str,
    /// What an account needs.
    pub(crate) permission: String,
    /// Parameters with what they say.
    pub(crate) parameters: Vec<(&'static str, &'static str)>,
    /// Schema of the body.
    pub(crate) body: Option<&'static str>,
    /// Schema or media types of the answer.
    pub(crate) answer: String,
    /// Codes of refusals.
    pub(crate) refused: Vec<String>,
}

/// The operations by what they are about, in the order of the route table.
pub(crate) fn by_subject() -> Vec<(&'static str, Vec<Shown>)> {
    let mut subjects: Vec<(&'static str, Vec<Shown>)> = Vec::new();
    for address in ADDRESSES.iter().chain(BESIDE) {
        let Some(operation) = operation_of(address) else { continue };
        let shown = Shown {
            method: operation.method,
            path: operation.path,
            summary: operation.summary,
            permission: match address.access {
                Access::Holder(permission) => format!("{permission:?}"),
                Access::Account => "Account".to_owned(),
                Access::Phone if operation.device => "Device".to_owned(),
                Access::Phone | Access::Anybody => "–".to_owned(),
            },
            parameters: operation
                .query
                .iter()
                .chain(operation.headers)
                .map(|parameter| (parameter.name, parameter.says))
                .collect(),
            body: match operation.body {
                Body::Json(schema) | Body::Bytes(schema) => Some(schema),
                Body::None => None,
            },
            answer: match operation.answer {
                Answer::Json(schema) => schema.to_owned(),
                Answer::Media(types) => types.join(", "),
                Answer::Nothing | Answer::Gone => "–".to_owned(),
            },
            refused: operation.refused.iter().map(|code| code.name()).collect(),
        };
        match subjects.iter_mut().find(|(subject, _)| *subject == operation.tag) {
            Some((_, operations)) => operations.push(shown),
            None => subjects.push((operation.tag, vec![shown])),
        }
    }
    subjects
}

#[cfg(test)]
mod tests {
    use actix_web::http::Method;

    use super::*;

    #[test]
    fn every_address_is_described_and_nothing_else_is() {
        let served: Vec<_> = ADDRESSES.iter().chain(BESIDE).collect();
        for address in &served {
            let described = operation_of(address);
            assert!(described.is_some(), "{} {} is not described", address.method, address.pattern);
        }
        assert_eq!(
            OPERATIONS.len()
                + field::OPERATIONS.len()
                + figures::OPERATIONS.len()
                + accounts::OPERATIONS.len()
                + releases::OPERATIONS.len(),
            served.len(),
            "something is described that is not there"
        );
        let paths = DOCUMENT["paths"].as_object().unwrap();
        let count: usize = paths.values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(count, served.len());
        assert!(served.iter().any(|address| address.method == Method::HEAD));
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        let text = DOCUMENT.to_string();
        let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap();
        let mut named = 0;
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
            named += 1;
        }
        assert!(named > 100, "only {named} schemas are named");
        let mut names: Vec<_> = DOCUMENT["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|path| path.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap())
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "two operations have one name");
    }
}
