//! A phone is seized while its notebook is locked. Whoever has it reads every byte of its storage and
//! of its memory, and finds nothing that was written down.
//!
//! The controls are what makes the silence mean something: the same search finds all of it in a plain
//! notebook, and in the memory of a process that has the notebook open.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    rc::Rc,
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hattama_client_core::{
    AtRest, Notebook, NotebookOptions, Pictures,
    random::{RandomSource as _, SystemRandom},
    steps,
    vault::{KeyVault, PassphraseVault},
};
use hattama_proto::id::to_hex;
use ring::{digest, hkdf};
use zeroize::Zeroizing;

use crate::{
    hq::{Hq, TestClock, options},
    memory,
    needles::Needles,
    phone::{Hardware, Secrets, election_day, encrypted, look_around, photograph},
};

/// Tells the program that it is the phone, and where its folder is.
const PHONE: &str = "HATTAMA_TEST_PHONE";

fn drawn() -> String {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).unwrap();
    to_hex(&bytes)
}

/// Other secrets each time, so that no program holds them by itself.
fn planted(outside: &Path) -> (Secrets, Needles) {
    let seed = u32::from_str_radix(&drawn()[..8], 16).unwrap();
    let remark = format!("camera of {}", drawn());
    let jpeg = photograph(seed, &remark);
    let photo = outside.join("page.jpg");
    fs::write(&photo, &jpeg).unwrap();
    let digits = seed % 900_000 + 100_000;
    let secrets = Secrets {
        unit: format!("77-9{digits}"),
        number: format!("number {}", drawn()),
        office: format!("secretary {}", drawn()),
        words: format!("they took {} away", drawn()),
        place: format!("school {}", drawn()),
        reason: format!("because of {}", drawn()),
        photo,
    };
    let mut needles = Needles::new();
    for (name, text) in [
        ("unit", &secrets.unit),
        ("number", &secrets.number),
        ("office", &secrets.office),
        ("words", &secrets.words),
        ("place", &secrets.place),
        ("reason", &secrets.reason),
        ("remark", &remark),
    ] {
        needles.plant(name, text.as_bytes());
    }
    needles.plant_file("photograph", &jpeg);
    (secrets, needles)
}

/// The same day in a plain notebook, which tells what else there is to be found: small pictures, the
/// hashes of photographs.
fn control(outside: &Path, secrets: &Secrets, needles: &mut Needles) -> PathBuf {
    let folder = outside.join("plain");
    let options = NotebookOptions { pictures: Pictures::Make, ..options(&TestClock::new()) };
    let notebook = Notebook::open(&folder, options).unwrap();
    election_day(&notebook, &Hq::new(), secrets);
    let items = notebook.list(0, 10).unwrap();
    for photo in &items.last().unwrap().photos {
        let name = format!("{:?}", photo.role);
        needles.plant_file(&name, &notebook.read_photo(photo.hash).unwrap());
        needles.plant(&format!("hash of {name}"), photo.hash.to_hex().as_bytes());
    }
    folder
}

/// What of each kind was found.
fn kinds(found: &BTreeSet<String>) -> BTreeSet<&str> {
    found.iter().map(|name| name.split(" at ").next().unwrap()).collect()
}

/// The phone: does what it is told on its standard input, in a process of its own.
fn be_the_phone(folder: &Path) {
    let mut told = File::open("/dev/stdin").unwrap();
    let clock = TestClock::new();
    // As apps do it: opened on one thread, captured and sent on another, looked at on a third, and all
    // of them live on.
    let notebook = {
        let secrets = Secrets {
            unit: line(&mut told).to_string(),
            number: line(&mut told).to_string(),
            office: line(&mut told).to_string(),
            words: line(&mut told).to_string(),
            place: line(&mut told).to_string(),
            reason: line(&mut told).to_string(),
            photo: PathBuf::from(line(&mut told).as_str()),
        };
        let options = NotebookOptions {
            vault: Some(Arc::new(vault(&line(&mut told)))),
            ..encrypted(&clock, &Hardware::new(0))
        };
        let notebook = Arc::new(Notebook::open(folder, options).unwrap());
        let working = Arc::clone(&notebook);
        on_a_thread_of_its_own(move || election_day(&working, &Hq::new(), &secrets));
        let looking = Arc::clone(&notebook);
        on_a_thread_of_its_own(move || look_around(&looking));
        notebook
    };
    notebook.lock().unwrap();
    println!("phone: locked");
    notebook.unlock(&vault(&line(&mut told))).unwrap();
    look_around(&notebook);
    println!("phone: unlocked");
    line(&mut told);
}

/// Waits for `work` and not for its thread, which stays as long as the process.
fn on_a_thread_of_its_own(work: impl FnOnce() + Send + 'static) {
    let (done, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        work();
        done.send(()).unwrap();
        loop {
            std::thread::park();
        }
    });
    wait.recv().unwrap();
}

fn vault(passphrase: &str) -> PassphraseVault {
    let passphrase = Zeroizing::new(passphrase.to_owned());
    PassphraseVault::new(passphrase, Arc::new(SystemRandom::new())).unwrap()
}

/// One line, byte by byte: no buffer keeps a copy.
fn line(from: &mut File) -> Zeroizing<String> {
    let mut line = Zeroizing::new(String::with_capacity(500));
    let mut byte = [0];
    while from.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
        line.push(char::from(byte[0]));
    }
    line
}

/// The phone as those see it who have it on their table.
struct Phone {
    process: Child,
    orders: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Phone {
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("seizure::a_seized_locked_phone_gives_none_of_what_was_written_down")
            .env(PHONE, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = process.stdin.take().unwrap();
        let says = BufReader::new(process.stdout.take().unwrap());
        Self { process, orders, says }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.orders, "{line}").unwrap();
    }

    fn wait_for(&mut self, word: &str) {
        let mut said = String::new();
        while self.says.read_line(&mut said).unwrap() > 0 {
            if said.contains(word) {
                return;
            }
        }
        panic!("the phone died: {said}");
    }
}

/// Every key of the notebook in `folder`: what would open it.
fn plant_keys(needles: &mut Needles, folder: &Path, passphrase: &str) {
    let stored: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("keys.json")).unwrap()).unwrap();
    let wrapped = URL_SAFE_NO_PAD.decode(stored["wrapped"].as_str().unwrap()).unwrap();
    let secrets = vault(passphrase).unwrap(&wrapped).unwrap();
    let (seeds, data) = secrets.split_at(64);
    needles.plant("key: passphrase", passphrase.as_bytes());
    for (name, seed) in [("results", &seeds[..32]), ("incidents", &seeds[32..])] {
        needles.plant(&format!("key: seed of {name}"), seed);
        // What a signer keeps of it.
        let kept = digest::digest(&digest::SHA512, seed);
        needles.plant(&format!("key: signer of {name}"), &kept.as_ref()[32..]);
    }
    needles.plant("key: data", data);
    for purpose in ["database", "files", "names"] {
        let mut key = [0; 32];
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"hattama notebook at rest v1")
            .extract(data)
            .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
            .unwrap()
            .fill(&mut key)
            .unwrap();
        needles.plant(&format!("key: {purpose}"), &key);
    }
}

#[test]
fn a_seized_locked_phone_gives_none_of_what_was_written_down() {
    if let Some(folder) = std::env::var_os(PHONE) {
        return be_the_phone(Path::new(&folder));
    }
    let outside = tempfile::tempdir().unwrap();
    let (secrets, mut needles) = planted(outside.path());
    let plain = control(outside.path(), &secrets, &mut needles);
    let passphrase = format!("passphrase {}", drawn());

    let folder = outside.path().join("phone");
    let mut phone = Phone::start(&folder);
    for text in [
        &secrets.unit,
        &secrets.number,
        &secrets.office,
        &secrets.words,
        &secrets.place,
        &secrets.reason,
        secrets.photo.to_str().unwrap(),
        &passphrase,
    ] {
        phone.tell(text);
    }
    phone.wait_for("phone: locked");
    let locked = memory::of_process(phone.process.id());
    let storage = needles.found_below(&folder);
    phone.tell(&passphrase);
    phone.wait_for("phone: unlocked");
    let unlocked = memory::of_process(phone.process.id());
    let while_open = needles.found_below(&folder);
    phone.tell("end");
    assert!(phone.process.wait().unwrap().success());
    plant_keys(&mut needles, &folder, &passphrase);

    let nothing = BTreeSet::<String>::new();
    assert_eq!(storage, nothing, "in the storage of a locked phone");
    assert_eq!(while_open, nothing, "in the storage of an open one");
    assert_eq!(needles.found_in(&locked), nothing, "in the memory of a locked phone");
    assert!(locked.len() > 1_000_000, "that was a whole process: {}", locked.len());

    // The same search where there is something to find.
    let found = needles.found_below(&plain);
    for kind in [
        "unit",
        "number",
        "office",
        "words",
        "place",
        "reason",
        "remark",
        "photograph",
        "Preview",
        "Thumbnail",
        "hash of Original",
    ] {
        assert!(found.iter().any(|name| name.starts_with(kind)), "{kind} in a plain notebook");
    }
    let found = needles.found_in(&unlocked);
    for kind in ["key: signer of results", "key: signer of incidents", "key: files", "key: names"] {
        assert!(kinds(&found).contains(kind), "{kind} in an open notebook: {:?}", kinds(&found));
    }
    assert!(found.iter().any(|name| name.starts_with("unit")), "{:?}", kinds(&found));
}

#[test]
fn nothing_is_in_clear_on_the_storage_at_any_step_of_a_day() {
    let outside = tempfile::tempdir().unwrap();
    let (secrets, mut needles) = planted(outside.path());
    control(outside.path(), &secrets, &mut needles);
    let needles = Rc::new(needles);
    let day = |at_rest| {
        let folder = outside.path().join(format!("{at_rest:?}"));
        let (clock, vault) = (TestClock::new(), Hardware::new(1));
        let found = Rc::new(RefCell::new((BTreeSet::new(), BTreeSet::new())));
        let (seen, sought, place) = (Rc::clone(&found), Rc::clone(&needles), folder.clone());
        steps::observe(move |label| {
            let mut seen = seen.borrow_mut();
            seen.0.insert(label);
            seen.1.extend(sought.found_below(&place));
        });
        let options = NotebookOptions { at_rest, ..encrypted(&clock, &vault) };
        let notebook = Notebook::open(&folder, options).unwrap();
        election_day(&notebook, &Hq::new(), &secrets);
        steps::forget();
        found.take()
    };
    let (steps, found) = day(AtRest::Encrypted);
    assert_eq!(found, BTreeSet::new());
    for step in [
        "photo-copied",
        "photo-in-place",
        "record-before-commit",
        "record-committed",
        "copy-written",
        "answer-heard",
    ] {
        assert!(steps.contains(step), "{step}: {steps:?}");
    }
    let (_, found) = day(AtRest::AsItIs);
    assert!(found.iter().any(|name| name.starts_with("photograph")), "{found:?}");
    assert!(found.iter().any(|name| name.starts_with("unit")), "{found:?}");
}
