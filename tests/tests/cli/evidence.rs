//! Evidence bundles: the same offline and over the network, whole, checked by programs of others,
//! and judged alike by two verifiers that share no line.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use hattama_tests::world::Wire;
use image::{Rgb, RgbImage};
use serde_json::{Value, json};

use crate::{
    programs::Bench,
    second_verifier::{python, second_verifier},
    zips,
};

/// The coordinator's word for the observer, which must not get out.
const OBSERVER: &str = "Zhanar Seytkali";

/// A headquarters with a chain of three records, one with photographs, a decision and a transcription;
/// stopped.
struct Case {
    bench: Bench,
    record: String,
    /// By network and by folder.
    bundles: [Vec<u8>; 2],
    said: String,
    vkey: String,
    root: String,
}

impl Case {
    fn gather() -> Self {
        let mut bench = Bench::new();
        bench.init();
        let readers = READERS.map(|name| reader(&bench, name));
        let serving = bench.serve();
        let invite = ["invite", "--label", OBSERVER, "--org", "observers", "--unit", "101"];
        let invited = bench.hattama(invite).done();
        let invitation = invited.lines().find(|line| line.starts_with("HATTAMA1.")).unwrap();
        bench.observer(["enrol", invitation]).done();
        let photo = photograph(&bench);
        let missing = ["--json", "not-obtained", "--unit", "101", "--missing", "copy-refused"];
        bench.observer(missing).done();
        let protocol = ["--json", "protocol", "--unit", "101", "--form", "protocol"];
        let more = ["--copy", "certified", "--photo", &photo, "registered=1200", "found=960"];
        let record = bench.observer(protocol.into_iter().chain(more)).json();
        let record = record["record"].as_str().unwrap().to_owned();
        bench.observer(missing).done();
        bench.observer(["sync"]).done();
        let decide =
            ["records", "decide", &record, "--counted", "--reason", "<b>read & checked</b>"];
        bench.hattama(decide).done();
        let token = fs::read_to_string(bench.path("token")).unwrap();
        transcribe(&serving.url, token.trim(), &readers);

        let [online, offline] = [bench.arg("online.zip"), bench.arg("offline.zip")];
        let said = bench.hattama(["evidence", &record, "--out", &online]).done();
        let nobody = "00".repeat(32);
        let refused = bench.hattama(["evidence", &nobody, "--out", &bench.arg("none.zip")]);
        refused.refused(5, "no record has this id");
        assert!(!bench.path("none.zip.part").exists() && !bench.path("none.zip").exists());
        drop(serving);
        let folder = bench.arg("hq");
        let evidence = ["evidence", &record, "--out", &offline, "--folder", &folder];
        bench.hattama(evidence).done();
        let bundles = [fs::read(&online).unwrap(), fs::read(&offline).unwrap()];
        let pieces = zips::pieces(&bundles[0]);
        let line = |name: &str| String::from_utf8(pieces[name].clone()).unwrap().trim().to_owned();
        let (vkey, root) = (line("keys/log.vkey"), line("keys/root.key"));
        Self { bench, record, bundles, said, vkey, root }
    }

    /// Unpacks the bundle with a program of others.
    fn unpacked(&self) -> PathBuf {
        let folder = self.bench.path("unpacked");
        let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n\
                      assert z.testzip() is None\nz.extractall(sys.argv[2])";
        let mut python = Command::new("python3");
        python.args(["-c", script]).arg(self.bench.path("online.zip")).arg(&folder);
        assert!(python.status().unwrap().success());
        folder
    }
}

/// The accounts of those who type the photographs.
const READERS: [&str; 2] = ["reader-1", "reader-2"];

/// Makes such an account, and tells a token of it.
fn reader(bench: &Bench, name: &str) -> String {
    let folder = bench.arg("hq");
    bench.hattama(["user", "add", name, "--role", "reviewer", "--folder", &folder]).done();
    let token = ["user", "token", name, "--name", "test", "--folder", &folder];
    bench.hattama(token).done().trim().to_owned()
}

/// The commission publishes something else, so two people type the photographs: nobody can read them.
fn transcribe(url: &str, operator: &str, readers: &[String; 2]) {
    let wire = |token: &str| Wire::to(url.trim_start_matches("http://").parse().unwrap(), token);
    let path = "/v1/publications?level=precinct&source=test";
    let csv = [("content-type", "text/csv")];
    let answer = wire(operator).send("POST", path, &csv, b"unit,registered\n101,1201\n").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    for (number, token) in readers.iter().enumerate() {
        let wire = wire(token);
        let seat = wire.post("/v1/transcriptions/next", &json!({})).json();
        let entry = json!({
            "id": format!("01080000-0000-7000-8000-{number:012x}"),
            "reading": {"shows": "illegible"},
        });
        let item = seat["item"].as_str().expect("the protocol waits to be typed");
        let answer = wire.post(&format!("/v1/transcriptions/{item}/entries"), &entry);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

fn photograph(bench: &Bench) -> String {
    let path = bench.path("page1.jpg");
    let picture = RgbImage::from_fn(700, 900, |x, y| {
        let ink = (x / 20 + y / 40) % 5 == 0;
        if ink { Rgb([30, 20, 60]) } else { Rgb([230, 232, 220]) }
    });
    picture.save(&path).unwrap();
    path.display().to_string()
}

#[test]
fn a_bundle_is_whole_and_the_same_however_it_was_made_and_names_nobody() {
    let case = Case::gather();
    assert!(case.bundles[0] == case.bundles[1], "the same evidence gives the same bytes");
    let pieces = zips::pieces(&case.bundles[0]);
    let names: Vec<&str> = pieces.keys().map(String::as_str).collect();
    for one in ["README.html", "SHA256SUMS", "record.jws", "chain.json", "checkpoint"] {
        assert!(names.contains(&one), "{one} in {names:?}");
    }
    let original = fs::read(case.bench.path("page1.jpg")).unwrap();
    assert!(pieces.values().any(|piece| *piece == original), "the photograph, byte for byte");
    let count = |folder: &str, ending: &str| {
        names.iter().filter(|name| name.starts_with(folder) && name.ends_with(ending)).count()
    };
    assert_eq!((count("photos/", ".jpg"), count("photos/", ".tlog-proof")), (3, 3));
    assert_eq!((count("decisions/", ".jws"), count("device/", ".jws")), (1, 1));
    assert_eq!(count("transcriptions/", ".jws"), 1, "what two people read off its photographs");
    assert_eq!(count("chain/", ".tlog-proof"), 2, "the neighbours before and after");
    let chain: Value = serde_json::from_slice(&pieces["chain.json"]).unwrap();
    assert_eq!((&chain["seq"], &chain["record"]), (&1.into(), &case.record.as_str().into()));
    assert_eq!(chain["prev"], chain["before"][0]);

    for (name, piece) in &pieces {
        let text = String::from_utf8_lossy(piece);
        assert!(!text.contains("Zhanar") && !text.contains("Seytkali"), "{name} names a person");
    }
    let page = String::from_utf8(pieces["README.html"].clone()).unwrap();
    assert!(!page.contains("<script") && page.contains(&case.record), "{page}");
    assert!(page.contains("it counts: &#60;b&#62;read &#38; checked"), "the decision: {page}");
    assert!(page.contains("two people read the same") && page.contains("illegible"), "{page}");
    assert!(!page.contains(READERS[0]), "accounts stand in what is signed only: {page}");
    assert!(case.said.contains("each of which holds"), "{}", case.said);
    let zip = case.bench.arg("online.zip");
    let trust = ["verify", "--vkey", &case.vkey, "--key", &case.root, &zip];
    let said = case.bench.hattama(trust).done();
    for name in &names {
        assert_eq!(said.matches(&format!("{name}: ")).count(), 1, "a sentence for {name}: {said}");
    }
    // All but the page hold, and the bundle.
    assert_eq!(said.matches(": holds: ").count(), names.len(), "{said}");
    // Another's key vouches for nothing.
    let device = String::from_utf8(pieces["device/device.key"].clone()).unwrap();
    let other = ["verify", "--vkey", &case.vkey, "--key", device.trim(), &zip];
    case.bench.hattama(other).refused(1, "1 of 1 files do not hold");
    case.bench.hattama(["verify", &zip]).refused(2, "--vkey");
    case.bench.hattama(["evidence", "00", "--out", "x"]).refused(2, "64 lower-case hex digits");
}

#[test]
fn a_photograph_that_is_not_there_is_named_as_missing() {
    let case = Case::gather();
    let blobs = case.bench.path("hq/blobs");
    let original = fs::read(case.bench.path("page1.jpg")).unwrap();
    let (zip, folder) = (case.bench.arg("lost.zip"), case.bench.arg("hq"));
    let mut gone = None;
    for shelf in fs::read_dir(blobs).unwrap() {
        for file in fs::read_dir(shelf.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if fs::read(&path).unwrap() == original {
                fs::remove_file(&path).unwrap();
                gone = Some(path.file_name().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let gone = gone.unwrap();
    let evidence = ["evidence", &case.record, "--out", &zip, "--folder", &folder];
    let said = case.bench.hattama(evidence).done();
    assert!(said.contains("IT DOES NOT HOLD") && said.contains(&gone), "{said}");
    let page = zips::pieces(&fs::read(&zip).unwrap())["README.html"].clone();
    let page = String::from_utf8(page).unwrap();
    let missing = page.split("<h2>Missing</h2>").nth(1).unwrap();
    assert!(missing.contains(&gone) && missing.contains("cannot find its bytes"), "{missing}");
}

/// The commands stand on the page for people; here they are run as they stand there.
#[cfg(unix)]
#[test]
fn the_commands_on_the_page_check_the_bundle_and_notice_a_lie() {
    let case = Case::gather();
    let folder = case.unpacked();
    let page = fs::read_to_string(folder.join("README.html")).unwrap();
    let commands: BTreeMap<String, String> = page
        .split("<pre class=\"command\" title=\"")
        .skip(1)
        .map(|rest| {
            let (title, rest) = rest.split_once("\">").unwrap();
            (title.to_owned(), text_of(rest.split("</pre>").next().unwrap()))
        })
        .collect();
    assert_eq!(commands.len(), 5, "{:?}", commands.keys());
    let foreign = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("foreign");
    let python = foreign.join("joserfc/venv/bin");
    let path = format!("{}:{}", python.display(), std::env::var("PATH").unwrap());
    let run = |title: &str| run_in(&folder, &path, &commands[title]);
    assert!(run("sha256sum").contains("record.jws: OK"));
    let mut available = vec!["sha256sum"];
    if is_there("PyPI joserfc", &python.join("python3")) {
        assert_eq!(run("joserfc").matches(" holds: ").count(), 5);
        available.push("joserfc");
    }
    let modules = foreign.join("jose/node_modules");
    if is_there("npm jose", &modules) {
        std::os::unix::fs::symlink(modules, folder.join("node_modules")).unwrap();
        assert_eq!(run("jose").matches(" holds: ").count(), 5);
        available.push("jose");
    }
    if is_there("Go's sumdb", &foreign.join("go-tlog/go-tlog")) {
        run("go-program");
        assert_eq!(run("go").matches(" holds: entry").count(), 8);
        available.push("go");
    }

    // One character of what the device signed.
    let record = fs::read_to_string(folder.join("record.jws")).unwrap();
    let (head, rest) = record.split_once('.').unwrap();
    let changed = if rest.starts_with('e') { "f" } else { "e" };
    fs::write(folder.join("record.jws"), format!("{head}.{changed}{}", &rest[1..])).unwrap();
    for title in available {
        assert!(ran(&folder, &path, &commands[title]).is_err(), "{title} has not noticed");
    }
}

/// Whether what `make test` installs is there; says so if not.
fn is_there(name: &str, path: &Path) -> bool {
    if path.exists() {
        return true;
    }
    let why = format!("{name} is not installed; `make test` does it");
    let required = std::env::var_os("HATTAMA_REQUIRE_FOREIGN").is_some_and(|value| value == "1");
    assert!(!required, "{why}");
    hattama_tests::skip(&why);
    false
}

fn run_in(folder: &Path, path: &str, command: &str) -> String {
    ran(folder, path, command).unwrap_or_else(|why| panic!("{command}: {why}"))
}

/// Runs a command as a person would, and gives what it said, or why it failed.
fn ran(folder: &Path, path: &str, command: &str) -> Result<String, String> {
    let mut shell = Command::new("sh");
    shell.current_dir(folder).env("PATH", path).args(["-euc", command]);
    let output = shell.output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    if output.status.success() { Ok(out.unwrap()) } else { Err(err.unwrap()) }
}

/// What a reader copies off the page.
fn text_of(html: &str) -> String {
    let mut text = html.to_owned();
    for (entity, sign) in [("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&quot;", "\"")] {
        text = text.replace(entity, sign);
    }
    text.replace("&amp;", "&")
}

#[test]
fn two_verifiers_agree_on_every_lie_in_a_bundle() {
    let Some(python) = python() else { return };
    let case = Case::gather();
    let folder = case.bench.path("lies");
    fs::create_dir(&folder).unwrap();
    let mut files = Vec::new();
    for (name, bytes) in zips::lies(&case.bundles[0]) {
        let path = folder.join(format!("{name}.zip"));
        fs::write(&path, bytes).unwrap();
        files.push(path);
    }
    // A key may begin with a hyphen.
    let trust = [format!("--key={}", case.root), format!("--vkey={}", case.vkey)];
    let trust = [trust[0].as_str(), &trust[1]];
    let second = second_verifier(&python).args(trust).args(&files).output().unwrap();
    let said = String::from_utf8(second.stdout).unwrap();
    assert_eq!(second.status.code(), Some(1), "{}", String::from_utf8_lossy(&second.stderr));
    assert_eq!(said.lines().count(), files.len(), "a verdict for each");
    let mut held = 0;
    for (path, verdict) in files.iter().zip(said.lines()) {
        let theirs = verdict.contains(": holds: ");
        let ours = case.bench.hattama(["verify"].into_iter().chain(trust).chain(path.to_str()));
        assert_eq!(ours.code == 0, theirs, "{verdict}\n{}{}", ours.out, ours.err);
        let good = path.file_name().unwrap().to_str().unwrap().starts_with("good");
        assert_eq!(theirs, good, "{verdict}\n{}", ours.out);
        held += u32::from(theirs);
    }
    assert!(held > 1 && files.len() > 150, "{held} of {}", files.len());
    println!("{} bundles, {held} of which hold; both verifiers agree on each", files.len());
}
