//! `hattama units`: the register, and all that is known of one unit.

use clap::{Args, Subcommand};
use hattama_proto::{
    id::UnitCode,
    pack::{Names, UnitKind},
};
use serde::Deserialize;

use super::{
    CliError,
    access::Access,
    api::{Api, query, unexpected},
    output,
    table::Table,
    unit_file::UnitFile,
};

/// Flags of `hattama units`.
#[derive(Debug, Args)]
pub(super) struct Units {
    #[command(subcommand)]
    what: Option<What>,
    /// List what lies directly below this unit; the country itself if not given
    #[arg(long, value_name = "CODE")]
    parent: Option<UnitCode>,
    /// Language of the names
    #[arg(long, value_name = "LANG", default_value = "en")]
    language: String,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the file of one unit: documents, readings, differences, copies not obtained
    Show {
        /// Its code
        code: UnitCode,
    },
}

#[derive(Deserialize)]
struct Unit {
    code: String,
    kind: UnitKind,
    names: Names,
}

impl Units {
    /// Lists or shows.
    pub(super) fn run(self) -> Result<(), CliError> {
        let api = self.access.api()?;
        match &self.what {
            None => self.list(&api),
            Some(What::Show { code }) => {
                let answer =
                    api.get(&format!("/v1/units/{}", super::api::query_value(code.as_str())))?;
                if self.json {
                    return output::say_json(&answer);
                }
                let file: UnitFile = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
                output::say(&file.describe())
            }
        }
    }

    fn list(&self, api: &Api) -> Result<(), CliError> {
        let parent = self.parent.as_ref().map(ToString::to_string);
        let answer = api.get(&format!("/v1/units{}", query(&[("parent", parent)])))?;
        if self.json {
            return output::say_json(&answer);
        }
        let units: Vec<Unit> = Deserialize::deserialize(&answer).map_err(|_| unexpected())?;
        let mut table = Table::new(["code", "level", "name"]);
        for unit in units {
            let name = unit.names.get(&self.language).to_owned();
            table.push([unit.code, unit.kind.level().name().to_owned(), name]);
        }
        if table.is_empty() {
            return output::say("Nothing lies below this unit, or the register does not have it.");
        }
        output::say(&table.render())
    }
}
