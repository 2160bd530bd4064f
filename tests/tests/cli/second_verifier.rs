//! `hattama verify` and `hattama fsck` against a verifier that shares no line with them
//! (`tests/foreign/second`): on what is genuine, and on a table of lies, both say the same.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use super::programs::Bench;

/// The interpreter with `cryptography`; none, said aloud, where it is not.
pub(crate) fn python() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = target.join("foreign/joserfc/venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    let why = "Python's cryptography is not installed; `make test` does it";
    let required = std::env::var_os("HATTAMA_REQUIRE_FOREIGN").is_some_and(|value| value == "1");
    assert!(!required, "{why}");
    hattama_tests::skip(why);
    None
}

/// The verifier, to be given keys and files.
pub(crate) fn second_verifier(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.arg("-B").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign/second/verify.py"));
    command
}

/// What is genuine: a record, its receipt, the keys, and a copy of the public log.
struct Genuine {
    bench: Bench,
    record: String,
    receipt: String,
    other: String,
    vkey: String,
    key: String,
}

impl Genuine {
    fn gather() -> Self {
        let mut bench = Bench::new();
        bench.init();
        let serving = bench.serve();
        let invite = ["invite", "--label", "Observer 1", "--org", "observers", "--unit", "101"];
        let invited = bench.hattama(invite).done();
        let invitation = invited.lines().find(|line| line.starts_with("HATTAMA1.")).unwrap();
        bench.observer(["enrol", invitation]).done();
        for unit in ["101", "102", "103"] {
            let missing = ["not-obtained", "--unit", unit, "--missing", "copy-refused"];
            bench.observer(missing).done();
        }
        bench.observer(["sync"]).done();
        let folder = bench.path("receipts");
        bench.observer(["receipts", "--export", &bench.arg("receipts")]).done();
        wait_until_published(&bench, 5);
        drop(serving);
        let mut records: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "jws"))
            .collect();
        records.sort();
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        Self {
            record: read(&records[0]),
            receipt: read(&records[0].with_extension("tlog-proof")),
            other: read(&records[1]),
            vkey: read(&folder.join("log.vkey")).trim().to_owned(),
            key: read(&folder.join("results.key")).trim().to_owned(),
            bench,
        }
    }
}

fn wait_until_published(bench: &Bench, size: u64) {
    let begun = Instant::now();
    let published = || {
        let note = fs::read_to_string(bench.path("hq/log/checkpoint")).ok()?;
        note.lines().nth(1)?.parse::<u64>().ok()
    };
    while published() < Some(size) {
        assert!(begun.elapsed() < Duration::from_secs(30), "nothing was published");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The same text with lies in it, by name. Those that are no lie at all begin with `good`.
fn variants(text: &str) -> BTreeMap<String, Vec<u8>> {
    let mut all: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let bytes = text.as_bytes();
    for part in 0..60 {
        let mut flipped = bytes.to_vec();
        let place = bytes.len() * part / 60;
        flipped[place] ^= 1 << (part % 8);
        all.insert(format!("bit-{part}"), flipped);
        all.insert(format!("cut-{part}"), bytes[..place].to_vec());
    }
    let mut add = |name: &str, text: String| drop(all.insert(name.to_owned(), text.into_bytes()));
    add("good", text.to_owned());
    add("line-end-less", text.trim_end().to_owned());
    add("line-end-more", format!("{text}\n"));
    add("line-ends-more", format!("{text}\n\n"));
    add("space", format!("{text} "));
    add("windows", text.replace('\n', "\r\n"));
    add("mark", format!("\u{feff}{text}"));
    add("twice", format!("{text}{text}"));
    add("nothing", String::new());
    add("padding", format!("{}=", text.trim_end()));
    add("upper", text.to_uppercase());
    add("dash", text.replace('\u{2014}', "-"));
    add("standard", text.replace('_', "/").replace('-', "+"));
    all
}

/// Lies that only a receipt can tell.
fn receipts(text: &str) -> BTreeMap<String, Vec<u8>> {
    let mut all = variants(text);
    let lines: Vec<&str> = text.split('\n').collect();
    let index: u64 = lines[1].strip_prefix("index ").unwrap().parse().unwrap();
    let gap = lines.iter().position(|line| line.is_empty()).unwrap();
    assert!(gap > 3, "a proof with several hashes");
    let mut add = |name: &str, text: String| drop(all.insert(name.to_owned(), text.into_bytes()));
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        change(&mut lines);
        lines.join("\n")
    };
    let indices = [format!("0{index}"), format!("+{index}"), (index + 1).to_string()];
    for (number, index) in indices.into_iter().chain(["-1".into(), "".into()]).enumerate() {
        add(&format!("index-{number}"), with(&|lines| lines[1] = format!("index {index}")));
    }
    add("extra", with(&|lines| lines.insert(1, "extra AAAA".into())));
    add("hash-less", with(&|lines| drop(lines.remove(2))));
    add("hash-more", with(&|lines| lines.insert(2, lines[2].clone())));
    add("hash-more-last", with(&|lines| lines.insert(gap, lines[2].clone())));
    add("hashes-swapped", with(&|lines| lines.swap(2, 3)));
    add("hash-short", with(&|lines| lines[2] = "AAAA".into()));
    add("size", with(&|lines| lines[gap + 2] = format!("{}0", lines[gap + 2])));
    add("size-zeros", with(&|lines| lines[gap + 2] = format!("0{}", lines[gap + 2])));
    add("extension", with(&|lines| lines.insert(gap + 4, "more".into())));
    add("signature-less", with(&|lines| drop(lines.remove(gap + 5))));
    let signature = lines[gap + 5];
    // What a verifier has to take: signatures of others, and one of ours that stands twice.
    let witness = "\u{2014} witness.example AAAAAAAAAAAAAAAA";
    add("good-witness", with(&|lines| lines.insert(gap + 6, witness.into())));
    add("good-witness-first", with(&|lines| lines.insert(gap + 5, witness.into())));
    add("good-twice", with(&|lines| lines.insert(gap + 6, signature.into())));
    add("witness-malformed", with(&|lines| lines.insert(gap + 6, format!("{witness}="))));
    add("witness-nobody", with(&|lines| lines.insert(gap + 6, "\u{2014}  AAAAAAAAAA==".into())));
    add("witness-empty", with(&|lines| lines.insert(gap + 6, "\u{2014} w AAAAAA==".into())));
    let forged =
        format!("{}A{}", &signature[..signature.len() - 9], &signature[signature.len() - 8..]);
    add("forged-second", with(&|lines| lines.insert(gap + 6, forged.clone())));
    let crowd = with(&|lines| (0..40).for_each(|_| lines.insert(gap + 6, witness.into())));
    add("crowd", crowd);
    all
}

#[test]
fn two_verifiers_that_share_no_line_agree_on_every_lie() {
    let Some(python) = python() else { return };
    let genuine = Genuine::gather();
    let folder = genuine.bench.path("lies");
    fs::create_dir(&folder).unwrap();
    let mut files = Vec::new();
    for (name, bytes) in variants(&genuine.record) {
        let path = folder.join(format!("record-{name}.jws"));
        fs::write(&path, bytes).unwrap();
        files.push(path);
    }
    for (name, bytes) in receipts(&genuine.receipt) {
        let path = folder.join(format!("receipt-{name}.tlog-proof"));
        fs::write(&path, bytes).unwrap();
        fs::write(path.with_extension("jws"), &genuine.record).unwrap();
        files.push(path);
    }
    let elsewhere = folder.join("receipt-of-another.tlog-proof");
    fs::write(&elsewhere, &genuine.receipt).unwrap();
    fs::write(elsewhere.with_extension("jws"), &genuine.other).unwrap();
    files.push(elsewhere);

    // A key may begin with a hyphen.
    let trust = [format!("--key={}", genuine.key), format!("--vkey={}", genuine.vkey)];
    let trust = [trust[0].as_str(), &trust[1]];
    let second = second_verifier(&python).args(trust).args(&files).output().unwrap();
    let said = String::from_utf8(second.stdout).unwrap();
    assert_eq!(second.status.code(), Some(1), "{}", String::from_utf8_lossy(&second.stderr));
    assert_eq!(said.lines().count(), files.len(), "a verdict for each");
    let mut held = 0;
    for (path, verdict) in files.iter().zip(said.lines()) {
        let theirs = verdict.contains(": holds: ");
        let arguments = ["verify"].into_iter().chain(trust).chain(path.to_str());
        let ours = genuine.bench.hattama(arguments);
        assert_eq!(ours.code == 0, theirs, "{verdict}\n{}{}", ours.out, ours.err);
        held += u32::from(theirs);
        let good = path.file_name().unwrap().to_str().unwrap().contains("-good");
        assert!(theirs || !good, "{verdict}");
    }
    assert!((5..15).contains(&held), "{held} of {} hold", files.len());
    println!("{} files, {held} of which hold; both verifiers agree on each", files.len());

    public_logs_are_judged_alike(&python, &genuine);
}

/// The public log as it is, and with one byte changed in each of its files.
fn public_logs_are_judged_alike(python: &Path, genuine: &Genuine) {
    let log = genuine.bench.path("hq/log");
    let judge = || {
        let mut second = second_verifier(python);
        let second = second.args(["--vkey", &genuine.vkey]).arg(&log).status().unwrap();
        let arguments = ["fsck", "--log", log.to_str().unwrap(), "--vkey", &genuine.vkey];
        let ours = genuine.bench.hattama(arguments);
        assert_eq!(ours.code == 0, second.success(), "{}{}", ours.out, ours.err);
        second.success()
    };
    assert!(judge(), "the log as it was published");
    let records = genuine.bench.arg("receipts");
    let vkey = genuine.vkey.as_str();
    let all = ["fsck", "--log", log.to_str().unwrap(), "--vkey", vkey, "--records", &records];
    let said = genuine.bench.hattama(all).done();
    assert!(said.contains("3 records of"), "{said}");
    let said = genuine.bench.hattama(["fsck", "--folder", &genuine.bench.arg("hq")]).done();
    assert!(said.contains("3 records and") && said.contains("published entries"), "{said}");
    let size = fs::read_to_string(log.join("checkpoint")).unwrap();
    let size = size.lines().nth(1).unwrap().to_owned();
    for file in [
        "checkpoint".to_owned(),
        format!("tile/0/000.p/{size}"),
        format!("tile/entries/000.p/{size}"),
    ] {
        let path = log.join(&file);
        let bytes = fs::read(&path).unwrap();
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut lie = bytes.clone();
            lie[place] ^= 4;
            fs::write(&path, lie).unwrap();
            assert!(!judge(), "{file} at {place}");
        }
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(!judge(), "{file} cut");
        fs::remove_file(&path).unwrap();
        if file != "checkpoint" {
            assert!(!judge(), "{file} gone");
        }
        fs::write(&path, bytes).unwrap();
    }
    assert!(judge());
}
