//! Running the programs: where they are, what they said, and a headquarters that ends with its
//! test.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
};

use serde_json::Value;
use tempfile::TempDir;

/// What a program said and ended with.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it wrote to stdout.
    pub(crate) out: String,
    /// What it wrote to stderr.
    pub(crate) err: String,
}

impl Ran {
    /// Its output, if it ended with 0.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// Its output as JSON, if it ended with 0.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// That it ended with `code` and told why in words that hold `part`: one sentence for people,
    /// nothing of the inside.
    #[track_caller]
    pub(crate) fn refused(self, code: i32, part: &str) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(self.err.contains(part), "{part:?} is not in: {}", self.err);
        for inside in ["Error {", "Err(", "panicked", "unwrap", "RUST_BACKTRACE"] {
            assert!(!self.err.contains(inside), "{}", self.err);
        }
    }
}

/// A folder of scratch, and the programs to be run in it.
pub(crate) struct Bench {
    folder: TempDir,
    /// Variables that every program gets.
    pub(crate) variables: Vec<(&'static str, String)>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// A path in the folder of scratch.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path in the folder of scratch, as a flag's value.
    pub(crate) fn arg(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// A headquarters of the tiny set-up in `hq`, made for a port of the system's choice.
    pub(crate) fn init(&self) -> String {
        let (folder, token) = (self.arg("hq"), self.arg("token"));
        let flags = ["--listen", "127.0.0.1:0", "--token-file", &token];
        self.hattama(
            ["init", "--folder", &folder, "--setup", &tiny_setup()].into_iter().chain(flags),
        )
        .done()
    }

    /// Serves it, and lets later programs know where it is.
    pub(crate) fn serve(&mut self) -> Serving {
        let serving = self.serve_with(&[]);
        let token = std::fs::read_to_string(self.path("token")).unwrap();
        self.variables.push(("HATTAMA_SERVER", serving.url.clone()));
        self.variables.push(("HATTAMA_TOKEN", token.trim().to_owned()));
        serving
    }

    /// Serves it with further flags.
    pub(crate) fn serve_with(&self, flags: &[&str]) -> Serving {
        let folder = self.arg("hq");
        let serve = ["serve", "--folder", &folder];
        let mut child = self
            .command("hattama", serve.iter().chain(flags))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        let url = said.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        assert!(url.starts_with("http"), "not ready: {said:?}");
        Serving { child, url }
    }

    /// Runs `hattama`.
    pub(crate) fn hattama<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        run(self.command("hattama", arguments))
    }

    /// Runs `hattama` and types something.
    pub(crate) fn hattama_told<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        typed: &str,
    ) -> Ran {
        let mut command = self.command("hattama", arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that reads nothing may have ended already.
        drop(child.stdin.take().unwrap().write_all(typed.as_bytes()));
        said(child.wait_with_output().unwrap())
    }

    /// Runs `hattama-observer` on the notebook in `notebook`.
    pub(crate) fn observer<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        let mut command = self.command("hattama-observer", arguments);
        command.env("HATTAMA_NOTEBOOK", self.path("notebook"));
        run(command)
    }

    fn command<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = Command::new(programs().join(program));
        // What the person who runs the tests has set is not what is tested.
        for (name, _) in env::vars_os().filter(|(name, _)| is_ours(name)) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.args(arguments).stdin(Stdio::null());
        command
    }
}

fn is_ours(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("HATTAMA_")
}

fn run(mut command: Command) -> Ran {
    said(command.output().unwrap())
}

fn said(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A headquarters that is being served.
pub(crate) struct Serving {
    child: Child,
    /// Where.
    pub(crate) url: String,
}

impl Serving {
    /// Asks it to end, as the system does; returns its exit code.
    #[cfg(unix)]
    pub(crate) fn terminate(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Ended already, if the test got that far.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The election of three precincts that the tests and the tour use.
pub(crate) fn tiny_setup() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tiny-setup").display().to_string()
}

/// Where the programs are: beside the tests. They belong to other packages, so cargo does not build
/// them for these tests by itself; what is up to date costs a moment.
fn programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let tests = env::current_exe().unwrap();
        let folder = tests.ancestors().nth(2).unwrap().to_owned();
        let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet"]);
        build.args(["--bin", "hattama", "--bin", "hattama-observer"]);
        // With these tests among what is built, every dependency has the features it was tested
        // with, and nothing is compiled a second time.
        build.args(["--test", "cli", "-p", "hattama-tests"]);
        build.args(["-p", "hattama-server", "-p", "hattama-client-core"]);
        // What cargo sets for a test of this package would have the C libraries built anew, and with
        // them everything.
        let of_the_test = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
        for (name, _) in env::vars_os() {
            let is = |start: &&str| name.to_string_lossy().starts_with(*start);
            if of_the_test.iter().any(is) {
                build.env_remove(name);
            }
        }
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the programs cannot be built");
        folder
    })
}
