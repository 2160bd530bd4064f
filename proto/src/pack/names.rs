//! Names in the languages of the set-up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One name by language (BCP 47: `kk`, `ru`, `en`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Names(pub BTreeMap<String, String>);

impl Names {
    /// The same name in the three languages of the interface.
    pub fn new(kk: &str, ru: &str, en: &str) -> Self {
        Self([("kk", kk), ("ru", ru), ("en", en)].map(|(l, n)| (l.to_owned(), n.to_owned())).into())
    }

    /// The name in `language`, else in English, else in any, else nothing.
    pub fn get(&self, language: &str) -> &str {
        self.0
            .get(language)
            .or_else(|| self.0.get("en"))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}
