//! `hattama doctor`: says whether a set-up keeps what it acknowledges, and what to type if not.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{CliError, error::whole, output};
use crate::{
    app::OpenError,
    blobs::{BlobError, BlobFacts},
    clock,
    config::Config,
    doctor::{self, Finding, Level, keeps_evidence},
    folder::DataFolder,
    store::facts::WholeCheck,
};

const AFTER_HELP: &str = "\
Changes nothing, and may be run beside a headquarters that serves. HQ in what it says to type is \
the folder of the headquarters. Reading a whole file of SQLite takes about a second per gigabyte.

Exit codes: 0 nothing would lose evidence, 1 something would.

Examples:
  hattama doctor --folder hq
  hattama doctor --folder hq --database 'postgres://hattama@db.example/hq?sslrootcert=ca.pem'";

/// Flags of `hattama doctor`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Doctor {
    /// Folder of the headquarters
    #[arg(long, value_name = "DIR", env = "HATTAMA_FOLDER")]
    folder: PathBuf,
    /// Look at this database instead of the one in hattama.toml
    #[arg(long, value_name = "URL", env = "HATTAMA_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Look at this store of photographs instead of the one in hattama.toml
    #[arg(long, value_name = "URL", env = "HATTAMA_BLOBS", hide_env_values = true)]
    blobs: Option<String>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    keeps_evidence: bool,
    findings: &'a [Finding],
}

impl Doctor {
    /// Looks, says what it found, and fails if evidence would be lost.
    pub(super) fn run(self) -> Result<(), CliError> {
        let folder = DataFolder::open(&self.folder)?;
        let mut config = Config::load(&folder.config())?;
        if self.database.is_some() {
            config.database = self.database;
        }
        if self.blobs.is_some() {
            config.blobs = self.blobs;
        }
        let findings = super::serve::runtime()?.block_on(examine(&folder, &config))?;
        let keeps_evidence = keeps_evidence(&findings);
        if self.json {
            output::say_json(&Report { keeps_evidence, findings: &findings })?;
        } else {
            output::say(&output::printable(&text(&findings)))?;
        }
        if keeps_evidence {
            return Ok(());
        }
        Err(CliError::CheckFailed(format!("this set-up would lose evidence: {}", worst(&findings))))
    }
}

async fn examine(folder: &DataFolder, config: &Config) -> Result<Vec<Finding>, CliError> {
    let url = config.database_url(folder).map_err(|error| CliError::Input(whole(&error)))?;
    let (store, kind) = doctor::look_at_store(&url, WholeCheck::Make, clock::system).await;
    let store = store.map_err(|error| whole(&error));
    let blobs = look_at_blobs(folder, config).await?;
    Ok(doctor::findings(&doctor::look_at_folder(folder, (store, kind), blobs, clock::system)))
}

async fn look_at_blobs(
    folder: &DataFolder,
    config: &Config,
) -> Result<(String, BlobFacts), CliError> {
    let wrong = |error: BlobError| CliError::Input(whole(&error));
    let url = config.blobs_url(folder).map_err(wrong)?;
    doctor::look_at_blobs(&url).await.map_err(wrong)
}

/// What `serve` looks at before it opens anything: the same, but for reading a whole file, which
/// opening does. Fails where evidence would be lost, unless `unsound` says that none is expected.
pub(super) async fn fit_to_serve(
    folder: &DataFolder,
    config: &Config,
    unsound: Unsound,
) -> Result<(), CliError> {
    let url = config.database_url(folder).map_err(OpenError::from)?;
    let (store, kind) = doctor::look_at_store(&url, WholeCheck::Leave, clock::system).await;
    let store = store.map_err(OpenError::from)?;
    let blobs = look_at_blobs(folder, config).await?;
    let facts = doctor::look_at_folder(folder, (Ok(store), kind), blobs, clock::system);
    let mut findings = doctor::findings(&facts);
    // Opening compares the log with the signed head itself, and knows of epochs.
    findings.retain(|finding| finding.about != doctor::LOG);
    for finding in findings.iter().filter(|finding| finding.level == Level::ToKnow) {
        tracing::info!(about = finding.about, "to know: {}", finding.reason);
    }
    if keeps_evidence(&findings) {
        return Ok(());
    }
    match unsound {
        Unsound::Refuse => Err(CliError::Machine(format!(
            "headquarters is not served, because evidence would be lost: {}. See `hattama doctor \
             --folder {}`",
            worst(&findings),
            folder.root().display()
        ))),
        Unsound::Serve => {
            output::note(&format!(
                "WARNING: for an exercise only. What is acknowledged here may be lost: {}",
                worst(&findings)
            ));
            tracing::warn!("serving a set-up that may lose what it acknowledges");
            Ok(())
        }
    }
}

/// What to do about a set-up that would lose evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsound {
    /// Not serve it.
    Refuse,
    /// Say so and serve it: an exercise.
    Serve,
}

/// Everything that would lose evidence, with what to type.
fn worst(findings: &[Finding]) -> String {
    let lost = findings.iter().filter(|finding| finding.level == Level::WillLose);
    let said = lost.map(|finding| match &finding.mend {
        Some(mend) => format!("{} (do: {mend})", finding.reason),
        None => finding.reason.clone(),
    });
    said.collect::<Vec<_>>().join("; ")
}

fn text(findings: &[Finding]) -> String {
    let width = Level::WillLose.name().len();
    let line = |finding: &Finding| {
        let mut line =
            format!("{:width$}  {}: {}\n", finding.level.name(), finding.about, finding.reason);
        if let Some(mend) = &finding.mend {
            line.push_str(&format!("{:width$}  do: {mend}\n", ""));
        }
        line
    };
    findings.iter().map(line).collect()
}
