//! Cosigned receipts and checkpoints, judged by torchwood, which nobody here wrote.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use hattama_proto::tlog::{LogEntry, Receipt};
use hattama_server::setup::NewWitnesses;
use hattama_tests::world::{Watcher, World, code};

use super::receipts::watch_until_cosigned;

/// Where `tests/foreign/prepare.sh` puts it; none, said aloud, where it is not.
fn torchwood() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let program = target.join("foreign/go-torchwood/go-torchwood");
    if program.exists() {
        return Some(program);
    }
    let why = "the check with Go's torchwood is not installed; `make test` does it";
    let required = std::env::var_os("HATTAMA_REQUIRE_FOREIGN").is_some_and(|value| value == "1");
    assert!(!required, "{why}");
    hattama_tests::skip(why);
    None
}

#[test]
fn torchwood_verifies_cosigned_receipts_by_our_policy_file_and_notices_every_lie() {
    let Some(program) = torchwood() else { return };
    let watchers = [Watcher::start("w1.example"), Watcher::start("w2.example")];
    let known = watchers.iter().map(Watcher::on_the_network).collect();
    let world = World::watched_by(NewWitnesses { known, quorum: 2 });
    let phone = world.phone();
    let record = phone.protocol(code("01"), 1);
    phone.sync();
    let text = || phone.notebook().record_receipt(record).unwrap().unwrap();
    let alone = text();
    watch_until_cosigned(&watchers, &world, &phone, record);
    let cosigned = text();

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let keys = phone.notebook().pack().unwrap().unwrap().election.keys.clone();
    let policy = keys.policy().unwrap().to_text();
    let log_alone = policy.lines().next().unwrap();
    let by_two = file("two", &policy);
    let by_log = file("log", &format!("{log_alone}\nquorum none\n"));
    let entry = LogEntry::Record(*record.as_bytes()).to_string();
    let judge = |policy: &Path, entry: &str, receipt: &str| -> Output {
        let receipt = file("receipt", receipt);
        let mut torchwood = Command::new(&program);
        torchwood.arg("proof").arg(policy).arg(entry).arg(receipt).output().unwrap()
    };
    let holds = |policy: &Path, entry: &str, receipt: &str, holds: bool| {
        let judged = judge(policy, entry, receipt);
        let said = String::from_utf8_lossy(&judged.stderr).into_owned();
        assert_eq!(judged.status.code(), Some(i32::from(!holds)), "{said}\n{receipt}");
    };
    holds(&by_two, &entry, &cosigned, true);
    holds(&by_log, &entry, &cosigned, true);
    holds(&by_log, &entry, &alone, true);
    // Not cosigned yet, another entry, one witness's line gone, one hash or digit changed.
    holds(&by_two, &entry, &alone, false);
    holds(&by_two, &entry.replacen("record", "photo", 1), &cosigned, false);
    let witness = cosigned.lines().find(|line| line.contains("w2.example")).unwrap();
    holds(&by_two, &entry, &cosigned.replace(&format!("{witness}\n"), ""), false);
    let index = cosigned.lines().nth(1).unwrap();
    holds(&by_two, &entry, &cosigned.replace(index, &format!("{index}1")), false);

    let note = Receipt::parse(&cosigned).unwrap().checkpoint_note;
    let checkpoint = |policy: &Path, note: &str| {
        let note = file("note", note);
        let mut torchwood = Command::new(&program);
        torchwood.arg("checkpoint").arg(policy).arg(note).output().unwrap()
    };
    let judged = checkpoint(&by_two, &note);
    let said = String::from_utf8_lossy(&judged.stdout).into_owned();
    assert!(judged.status.success() && said.contains("3 signatures"), "{said}");
    print!("{said}");
    let size = note.lines().nth(1).unwrap();
    let other = note.replacen(&format!("\n{size}\n"), &format!("\n{size}0\n"), 1);
    assert_eq!(checkpoint(&by_two, &other).status.code(), Some(1));
}
