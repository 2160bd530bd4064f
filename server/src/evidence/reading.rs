//! What a record's payload asks of its bundle, read without knowing its kind: a later version may
//! have signed it, and it is evidence all the same. Pure.

use std::collections::BTreeMap;

use hattama_proto::id::PhotoHash;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The payload, as far as a bundle has to answer for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    /// The place in the chain, as signed; null where it says none.
    pub(super) seq: Value,
    /// The record before it, as signed; null where it says none.
    pub(super) prev: Value,
    /// Photographs and other files that it names.
    pub(super) photos: BTreeMap<PhotoHash, Named>,
    /// The payload whole, for people to read.
    pub(super) whole: Value,
}

/// What is said about a photograph that a record names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Media type, as the phone took it to be.
    pub(super) media_type: String,
    /// Original, preview or thumbnail.
    pub(super) role: String,
    /// Which page, from 1.
    pub(super) page: Option<u64>,
}

impl Reading {
    /// Reads a payload; what is no JSON asks for nothing.
    pub(super) fn of(payload: &[u8]) -> Self {
        let whole: Value = serde_json::from_slice(payload).unwrap_or_default();
        let member = |name: &str| whole.get(name).cloned().unwrap_or_default();
        let mut photos = BTreeMap::new();
        collect(&whole, &mut photos);
        Self { seq: member("seq"), prev: member("prev"), photos, whole }
    }
}

/// Every object with a member `sha256` of 64 hex digits names a file, wherever it stands.
fn collect(value: &Value, photos: &mut BTreeMap<PhotoHash, Named>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, photos)),
        Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
            let hash = text("sha256");
            if let Ok(found) = hash.parse::<PhotoHash>()
                && found.to_hex() == hash
            {
                photos.entry(found).or_insert_with(|| Named {
                    media_type: text("media_type").to_owned(),
                    role: text("role").to_owned(),
                    page: members.get("page").and_then(Value::as_u64),
                });
            }
            members.values().for_each(|value| collect(value, photos));
        }
        _ => {}
    }
}

/// `chain.json`: what stands around the record in its device's chain, by hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chain {
    /// The record.
    pub(super) record: String,
    /// The key whose chain it is.
    pub(super) kid: String,
    /// The record's place, as signed.
    pub(super) seq: Value,
    /// The record before it, as signed.
    pub(super) prev: Value,
    /// What headquarters has one place before.
    pub(super) before: Vec<String>,
    /// What else headquarters has at the same place: a fork.
    pub(super) beside: Vec<String>,
    /// What headquarters has one place after.
    pub(super) after: Vec<String>,
    /// Records that say that this one was wrong, whoever says so.
    pub(super) corrected_by: Vec<String>,
}

impl Chain {
    /// The file. One chain has one spelling.
    pub(super) fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("plain data");
        text.push('\n');
        text
    }

    /// Every hash that stands here besides the record's own.
    pub(super) fn neighbours(&self) -> impl Iterator<Item = &String> {
        [&self.before, &self.beside, &self.after, &self.corrected_by].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_photograph_is_found_wherever_the_record_names_it() {
        let (one, two) = (PhotoHash::of(b"1"), PhotoHash::of(b"2"));
        let payload = format!(
            r#"{{"seq":3,"prev":"ab","body":{{"photos":[{{"sha256":"{one}","role":"original",
            "media_type":"image/jpeg","page":2}}],"becomes":{{"attachments":[{{"sha256":"{two}"}},
            {{"sha256":"short"}}, {{"sha256":7}}]}}}}}}"#
        );
        let reading = Reading::of(payload.as_bytes());
        assert_eq!(reading.seq, 3);
        assert_eq!(reading.prev, "ab");
        let mut found: Vec<PhotoHash> = reading.photos.keys().copied().collect();
        let mut all = vec![one, two];
        found.sort();
        all.sort();
        assert_eq!(found, all);
        let named = &reading.photos[&one];
        assert_eq!((named.role.as_str(), named.page), ("original", Some(2)));
        assert_eq!(Reading::of(b"no JSON").photos.len(), 0);
    }
}
