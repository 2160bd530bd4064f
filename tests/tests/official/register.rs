//! A set-up for a table: its units, the lines of its form, its choices.

use hattama_proto::{
    id::UnitCode,
    key::SigningKey,
    pack::{Names, Pack, Unit, UnitKind, UnitPart, UnitRegister},
};
use serde_json::{Value, json};

/// A unit, the one above it, and its level.
pub(crate) type Place = (String, Option<String>, UnitKind);

/// A set-up with one form and one contest called `list`.
pub(crate) fn pack(
    places: Vec<Place>,
    lines: &[&str],
    choices: &[String],
    relations: &Value,
) -> Pack {
    let unit = |(code, parent, kind): Place| Unit {
        code: UnitCode::new(&code).unwrap(),
        parent: parent.map(|parent| UnitCode::new(&parent).unwrap()),
        kind,
        names: Names::default(),
        special: None,
        since: 0,
    };
    let units = places.into_iter().map(unit).collect();
    let named = |code: &str| json!({"code": code, "names": {"en": code}});
    let choices: Vec<Value> = choices.iter().map(|code| named(code)).collect();
    let lines: Vec<Value> = (1..)
        .zip(lines)
        .map(|(number, code)| {
            json!({"code": code, "number": number.to_string(), "names": {"en": code}})
        })
        .collect();
    let key = SigningKey::from_seed(&[1; 32]).unwrap().public();
    let election = json!({
        "id": "read", "names": {"en": "Read"}, "time_zone": "UTC", "date": "2000-01-01", "round": 1,
        "contests": [{"code": "list", "names": {}, "mandates": 1, "choices": choices}],
        "copy_types": [named("protocol")], "comparable": [], "corroboration": "any_persons",
        "keys": {"hq": key, "log_origin": "l", "log_vkey": "l"}, "addresses": [],
    });
    let forms = json!({"forms": [{
        "code": "protocol", "names": {}, "kind": "results", "levels": ["precinct"],
        "lines": lines, "contests": ["list"], "relations": relations,
    }]});
    Pack {
        version: 1,
        election: serde_json::from_value(election).unwrap(),
        units: UnitRegister::new(UnitPart { version: 1, units, outlines: None }).unwrap(),
        forms: serde_json::from_value(forms).unwrap(),
        incidents: serde_json::from_value(json!({"phases": [], "categories": []})).unwrap(),
    }
}
