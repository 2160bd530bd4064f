//! The known answers, judged by verifiers that nobody here wrote: npm `jose`, PyPI `joserfc` and
//! Go's `sumdb`. The figures of a headquarters, read by the client library of Prometheus. Sealed files,
//! opened and made by `age`.
//!
//! `make test` installs them and demands that they run; without them these tests are skipped.

use std::{
    fs,
    io::{Cursor, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use hattama_client_core::random::{RandomSource as _, SystemRandom};
use hattama_proto::sealing::{Identity, Opener, Sealer};
use hattama_server::metrics::Metrics;
use hattama_tests::world::{Ending, World, block_on, open_patiently};
use serde_json::{Value, json};

/// Set to 1, a verifier that is not there fails its test instead of skipping it.
const REQUIRE: &str = "HATTAMA_REQUIRE_FOREIGN";

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign")
}

/// Where `tests/foreign/prepare.sh` puts what it installs.
fn installed() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("inside target").join("foreign")
}

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/vectors")
}

/// Whether everything in `needed` is there; says so if not.
fn is_ready(name: &str, needed: &[PathBuf]) -> bool {
    let Some(missing) = needed.iter().find(|path| !path.exists()) else { return true };
    let why = format!("{name} is not installed ({}); `make test` does it", missing.display());
    assert!(std::env::var_os(REQUIRE).is_none_or(|value| value != "1"), "{why}");
    hattama_tests::skip(&why);
    false
}

/// The verifier accepts what is committed, and not the same with a lie in it.
fn judges(command: impl Fn() -> Command, file: &str, lie: impl Fn(&mut Value)) {
    let argument = |folder: &Path| match file {
        "receipt.json" => folder.join(file),
        _ => folder.to_owned(),
    };
    let honest = command().arg(argument(&vectors())).output().expect("the verifier starts");
    let said = String::from_utf8_lossy(&honest.stderr);
    assert!(honest.status.success(), "{said}");
    print!("{}", String::from_utf8_lossy(&honest.stdout));

    let folder = tempfile::tempdir().expect("a scratch folder");
    for name in ["records.json", "unreadable.json", "invalid.json", "receipt.json"] {
        fs::copy(vectors().join(name), folder.path().join(name)).expect("copied");
    }
    let path = folder.path().join(file);
    let mut known: Value =
        serde_json::from_slice(&fs::read(&path).expect("just copied")).expect("JSON");
    lie(&mut known);
    fs::write(&path, known.to_string()).expect("written");
    let lied = command().arg(argument(folder.path())).output().expect("the verifier starts");
    assert_eq!(lied.status.code(), Some(1), "{}", String::from_utf8_lossy(&lied.stderr));
}

/// Puts `with` in the place that `pointer` names.
fn put(known: &mut Value, pointer: &str, with: Value) {
    *known.pointer_mut(pointer).expect("the place is there") = with;
}

fn jose() -> Option<impl Fn() -> Command> {
    let folder = installed().join("jose");
    is_ready("npm jose", &[folder.join("node_modules/jose/package.json")]).then(|| {
        // Beside its packages, because that is where node looks for them.
        let script = folder.join("verify.mjs");
        fs::copy(sources().join("jose/verify.mjs"), &script).expect("copied");
        move || {
            let mut command = Command::new("node");
            command.arg(&script);
            command
        }
    })
}

fn joserfc() -> Option<impl Fn() -> Command> {
    let python = installed().join("joserfc/venv/bin/python");
    is_ready("PyPI joserfc", std::slice::from_ref(&python)).then_some(move || {
        let mut command = Command::new(&python);
        command.arg("-B").arg(sources().join("joserfc/verify.py"));
        command
    })
}

fn go_tlog() -> Option<impl Fn() -> Command> {
    let program = installed().join("go-tlog/go-tlog");
    is_ready("the check with Go's sumdb", std::slice::from_ref(&program))
        .then_some(move || Command::new(&program))
}

/// Both read all three files of strings: they accept what stands there, and notice another id,
/// another payload than was signed, and a genuine string among those that must be refused.
fn judges_strings(command: impl Fn() -> Command) {
    for (pointer, with) in [("/strings/0/id", "00"), ("/strings/0/payload/body/unit", "11")] {
        judges(&command, "records.json", |known| put(known, pointer, json!(with)));
    }
    let text = fs::read(vectors().join("records.json")).expect("committed");
    let records: Value = serde_json::from_slice(&text).expect("JSON");
    let genuine = &records["strings"][0]["compact"];
    judges(&command, "invalid.json", |known| put(known, "/strings/0/compact", genuine.clone()));
}

#[test]
fn npm_jose_agrees_on_every_known_string_and_notices_a_lie() {
    if let Some(command) = jose() {
        judges_strings(command);
    }
}

#[test]
fn pypi_joserfc_agrees_on_every_known_string_and_notices_a_lie() {
    if let Some(command) = joserfc() {
        judges_strings(command);
    }
}

#[test]
fn go_sumdb_agrees_on_every_known_receipt_and_notices_a_lie() {
    let Some(command) = go_tlog() else { return };
    judges(command, "receipt.json", |known| {
        let index = known.pointer("/receipts/1/index").and_then(Value::as_u64).expect("an index");
        put(known, "/receipts/1/index", json!(index + 1));
    });
}

/// The families that the library of Prometheus finds in `text`, or what it says.
fn families(python: &Path, text: &str) -> Result<String, String> {
    let mut child = Command::new(python)
        .arg("-B")
        .arg(sources().join("openmetrics/families.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the reader starts");
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
    let said = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("words");
    if said.status.success() { Ok(text(said.stdout)) } else { Err(text(said.stderr)) }
}

#[test]
fn pypi_prometheus_client_reads_every_figure_and_notices_a_lie() {
    let python = installed().join("openmetrics/venv/bin/python");
    if !is_ready("PyPI prometheus-client", std::slice::from_ref(&python)) {
        return;
    }
    let mut world = World::new();
    world.end(Ending::InOrder);
    let text = block_on(async {
        let headquarters = open_patiently(world.data()).await;
        let metrics = Metrics::of(&headquarters);
        headquarters.db.answers().await.expect("it is open");
        let text = metrics.text().expect("written");
        headquarters.close().await;
        text
    });
    let found = families(&python, &text).expect("it is OpenMetrics");
    for family in [
        "hattama_build info",
        "hattama_log_entries gauge",
        "hattama_records counter",
        "hattama_store_seconds histogram",
        "hattama_waiting_on_phones gauge",
        "process_cpu_seconds counter",
        "process_resident_memory_bytes gauge",
    ] {
        assert!(found.lines().any(|line| line == family), "{family} is not in: {found}");
    }
    let lied = text.replace("# TYPE hattama_log_entries gauge", "# TYPE hattama_log_entries guess");
    let said = families(&python, &lied).expect_err("no such type");
    assert!(said.contains("not OpenMetrics"), "{said}");
}

/// What `age` makes of `input`.
fn age(arguments: &[&str], input: &[u8]) -> (bool, Vec<u8>) {
    let mut run = Command::new("age")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("age starts");
    let mut to = run.stdin.take().expect("piped");
    let input = input.to_vec();
    // It stops reading where it cannot go on.
    let writing = std::thread::spawn(move || drop(to.write_all(&input)));
    let done = run.wait_with_output().expect("it ends");
    writing.join().expect("written");
    (done.status.success(), done.stdout)
}

#[test]
fn whatever_is_sealed_here_age_opens_and_what_age_seals_opens_here() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join("age")).find(|it| it.exists());
    if !is_ready("age", &[found.unwrap_or_else(|| PathBuf::from("age"))]) {
        return;
    }
    let outside = tempfile::tempdir().expect("a scratch folder");
    let identity = |n: u8| Identity::from_secret([n; 32]);
    let names: Vec<String> = (1..=5)
        .map(|n: u8| {
            let file = outside.path().join(n.to_string());
            fs::write(&file, identity(n).to_text().as_bytes()).expect("written");
            file.display().to_string()
        })
        .collect();
    let random = SystemRandom::new();
    for (recipients, len) in [(1_u8, 0_usize), (2, 1), (3, 65_536), (4, 200_001)] {
        let content: Vec<u8> = (0..=250).cycle().take(len).collect();
        let keys: Vec<Identity> = (1..=recipients).map(identity).collect();
        let to: Vec<_> = keys.iter().map(Identity::recipient).collect();
        let mut fill = |bytes: &mut [u8]| random.fill(bytes).map_err(std::io::Error::other);
        let mut sealer = Sealer::new(Vec::new(), &to, &mut fill).expect("begun");
        sealer.write_all(&content).expect("sealed");
        let ours = sealer.finish().expect("ended");
        for name in &names[..usize::from(recipients)] {
            let (well, opened) = age(&["--decrypt", "--identity", name], &ours);
            assert!(well && opened == content, "{recipients} recipients, {len} bytes");
        }
        assert!(!age(&["--decrypt", "--identity", &names[4]], &ours).0, "nobody else");
        let to: Vec<String> = to.iter().map(ToString::to_string).collect();
        let mut arguments = vec!["--encrypt"];
        arguments.extend(to.iter().flat_map(|one| ["--recipient", one.as_str()]));
        let (well, theirs) = age(&arguments, &content);
        assert!(well);
        for key in &keys {
            let mut opened = vec![];
            let theirs = Cursor::new(&theirs);
            let mut opener = Opener::new(theirs, std::slice::from_ref(key)).expect("for this key");
            opener.read_to_end(&mut opened).expect("whole");
            assert_eq!(opened, content);
        }
    }
}
