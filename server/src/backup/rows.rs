//! Rows of tables as lines of JSON: what an archivist can read without us. Pure.
//!
//! A row is an array, a value null, a number, a text, or an object with bytes in base64 (`{"b": ""}`).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};

use crate::store::{Row, Rows, Value};

/// One line for each row.
pub(super) fn write(rows: &[Row]) -> Vec<u8> {
    let mut text = Vec::new();
    for row in rows {
        let values: Vec<Json> = row.values().iter().map(json_of).collect();
        serde_json::to_writer(&mut text, &values).expect("values of a row are JSON");
        text.push(b'\n');
    }
    text
}

/// What [`write()`] wrote; none if it is anything else.
pub(super) fn read(text: &[u8]) -> Option<Rows> {
    let text = std::str::from_utf8(text).ok()?;
    let mut rows = Rows::default();
    let mut width = None;
    for line in text.lines() {
        let values: Vec<Json> = serde_json::from_str(line).ok()?;
        let row: Vec<Value> = values.into_iter().map(value_of).collect::<Option<_>>()?;
        if *width.get_or_insert(row.len()) != row.len() {
            return None;
        }
        rows.push(row);
    }
    Some(rows)
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!({"b": STANDARD.encode(bytes)}),
    }
}

fn value_of(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Null,
        Json::Number(number) => Value::Int(number.as_i64()?),
        Json::String(text) => Value::Text(text),
        Json::Object(object) if object.len() == 1 => {
            Value::Bytes(STANDARD.decode(object.get("b")?.as_str()?).ok()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_no_rows_of_one_table_are_refused() {
        assert_eq!(read(b"[1,null,\"a\",{\"b\":\"AA==\"}]\n[2,3,\"\",null]\n").unwrap().len(), 2);
        assert!(read(b"").unwrap().is_empty());
        for wrong in [
            &b"[1]\n[1,2]\n"[..],
            b"[1.5]\n",
            b"[true]\n",
            b"[{\"b\":\"?\"}]\n",
            b"[{\"c\":\"AA==\"}]\n",
            b"[[1]]\n",
            b"1\n",
            b"[18446744073709551615]\n",
            b"\xff\n",
        ] {
            assert!(read(wrong).is_none(), "{wrong:?}");
        }
    }
}
