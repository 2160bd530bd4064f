//! `GET /api`: the interface for programs, to be read by people: made from the same document that is
//! served, with nothing from anywhere else.

use actix_web::HttpResponse;
use askama::Template;
use serde_json::Value;

use super::{answer, frame::Frame, visitor::Visitor, words::Words};
use crate::http::{HttpProblem, openapi};

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    subjects: Vec<(&'static str, Vec<openapi::Shown>)>,
    schemas: Vec<(String, String)>,
}

/// `GET /api`.
pub(super) async fn show(visitor: Visitor) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let known = openapi::description()["components"]["schemas"].as_object();
    let schemas = known.into_iter().flatten().map(|(name, schema)| {
        let mut lines = String::new();
        outline(schema, 0, &mut lines);
        (name.clone(), lines)
    });
    let (subjects, schemas) = (openapi::by_subject(), schemas.collect());
    answer::html(&ApiPage { frame, w: frame.w, subjects, schemas })
}

/// A schema to be read: a line for every member, what belongs to it below, lists of words in one line.
/// Without the quotes of JSON, which a page writes in five letters each.
fn outline(value: &Value, depth: usize, lines: &mut String) {
    let indent = " ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match word(value) {
                    Some(word) => lines.push_str(&format!("{indent}{name}: {word}\n")),
                    None => {
                        lines.push_str(&format!("{indent}{name}:\n"));
                        outline(value, depth + 1, lines);
                    }
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                lines.push_str(&format!("{indent}-\n"));
                outline(item, depth + 1, lines);
            }
        }
        plain => lines.push_str(&format!("{indent}{}\n", word(plain).unwrap_or_default())),
    }
}

/// What stands in one line: a plain value, or a list of plain values.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::Object(members) => members.is_empty().then(|| "anything".to_owned()),
        Value::Array(items) => {
            let words: Option<Vec<String>> =
                items.iter().map(|item| if item.is_array() { None } else { word(item) }).collect();
            words.map(|words| words.join(", "))
        }
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
