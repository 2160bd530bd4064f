//! The set-up as four JSON files that people can edit before headquarters reads them.

use std::{fs, io, path::Path};

use hattama_proto::{
    key::PublicKey,
    pack::{ElectionPart, HqKeys, UnitPart},
};
use serde_json::Value;

/// Writes `election.json`, `forms.json`, `incidents.json` and `units.json` into `folder`, which is
/// made if it is not there. They are the parts of a pack as they travel, except that
/// `election.json` lacks `keys` and `addresses`: those belong to whoever runs headquarters.
pub fn write_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let (election, forms, incidents, units) = super::parts(nobodys_keys(), Vec::new());
    fs::write(folder.join("election.json"), election_json(&election)?)?;
    fs::write(folder.join("forms.json"), serde_json::to_vec_pretty(&forms)?)?;
    fs::write(folder.join("incidents.json"), serde_json::to_vec_pretty(&incidents)?)?;
    fs::write(folder.join("units.json"), units_json(&units)?)
}

fn election_json(election: &ElectionPart) -> io::Result<Vec<u8>> {
    let mut election = serde_json::to_value(election)?;
    let members = election.as_object_mut().expect("a part is an object");
    members.remove("keys");
    members.remove("addresses");
    Ok(serde_json::to_vec_pretty(&Value::take(&mut election))?)
}

/// One unit per line: ten thousand of them are edited with line tools.
fn units_json(units: &UnitPart) -> io::Result<String> {
    let lines = units.units.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    let outlines = match &units.outlines {
        Some(outlines) => format!(",\"outlines\":{}", serde_json::to_string(outlines)?),
        None => String::new(),
    };
    let (version, lines) = (units.version, lines.join(",\n"));
    Ok(format!("{{\"version\":{version},\"units\":[\n{lines}\n]{outlines}}}\n"))
}

/// Fills the place of the keys until they are taken out.
fn nobodys_keys() -> HqKeys {
    let key = PublicKey::new([9; 32]).expect("not one of the small points");
    HqKeys { hq: key, log_origin: String::new(), log_vkey: String::new(), witnesses: None }
}
