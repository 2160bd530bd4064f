//! Runs a script of `tests/browser` and reads what it tells.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;
use serde_json::{Value, json};

/// Set to 1, a browser that is not there fails its tests instead of skipping them.
const REQUIRE: &str = "HATTAMA_REQUIRE_BROWSER";

/// What the browser is called, in the order in which it is looked for.
const BROWSERS: [&str; 2] = ["chromium", "chromium-browser"];

/// The scripts of `tests/browser`.
const SCRIPTS: [&str; 7] = [
    "browser.mjs",
    "people.mjs",
    "security_key.mjs",
    "pages.mjs",
    "hostile.mjs",
    "night.mjs",
    "long_night.mjs",
];

/// Where to look, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// `http://HOST:PORT`.
    pub(crate) base: String,
    /// The operator's token.
    pub(crate) token: String,
}

/// One check that a script told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    what: String,
    faults: Vec<String>,
}

/// A browser that can be started.
pub(crate) struct Driver {
    chromium: PathBuf,
    folder: PathBuf,
}

impl Driver {
    /// The browser and its driver; none where they are not installed, which is said.
    pub(crate) fn ready() -> Option<Self> {
        let folder = output().join("driver");
        let found = on_path("node").and(BROWSERS.into_iter().find_map(on_path));
        let is_installed = folder.join("node_modules/playwright-core/package.json").exists()
            && folder.join("node_modules/axe-core/axe.min.js").exists();
        if let Some(chromium) = found
            && is_installed
        {
            return Some(Self { chromium, folder });
        }
        let why = "Node, Chromium or what drives it is not installed; `make test` does it";
        assert!(env::var_os(REQUIRE).is_none_or(|value| value != "1"), "{why}");
        hattama_tests::skip(why);
        None
    }

    /// Runs `script` on `site` with what else the job says, and panics with every fault that it
    /// tells, or if it told fewer than `at_least` checks.
    pub(crate) fn run(&self, script: &str, site: &Site, more: &Value, at_least: usize) {
        // Beside its packages, because that is where node looks for them.
        for name in SCRIPTS {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser").join(name);
            fs::copy(&source, self.folder.join(name)).unwrap();
        }
        let mut job = json!({
            "base": site.base, "token": site.token, "chromium": self.chromium,
            "shots": output().join("shots"),
        });
        job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut child = Command::new("node")
            .arg(self.folder.join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("node starts");
        child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let checks: Vec<Check> = told
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect();
        let faulty: Vec<String> = checks
            .iter()
            .filter(|check| !check.faults.is_empty())
            .map(|check| format!("{}:\n    {}", check.what, check.faults.join("\n    ")))
            .collect();
        assert!(
            faulty.is_empty(),
            "{} of {} checks failed:\n{}",
            faulty.len(),
            checks.len(),
            faulty.join("\n")
        );
        assert!(output.status.success(), "{script} ended with {}", output.status);
        assert!(checks.len() >= at_least, "{script} told {} of {at_least} checks", checks.len());
        println!("{script}: {} checks", checks.len());
    }
}

/// Where `tests/browser/prepare.sh` puts what it installs, and scripts their pictures.
fn output() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("browser")
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
