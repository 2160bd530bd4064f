//! One receipt: what it says, and how it gets into other hands, off QR codes too.

use std::{fs, path::Path};

use hattama_proto::tlog::{LogEntry, Receipt, VerifierKey, join_receipt};

use crate::programs::Bench;

/// The text of the one QR code in a picture, as a foreign reader sees it.
fn read_code(path: &Path) -> String {
    let picture = image::open(path).unwrap().to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        picture.as_raw()[y * width + x]
    });
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1, "{}", path.display());
    grids[0].decode().unwrap().1
}

#[test]
fn a_receipt_is_shown_in_words_and_verified_after_it_was_read_off_its_codes() {
    let mut bench = Bench::new();
    bench.init();
    let serving = bench.serve();
    let invite = ["invite", "--label", "Observer 1", "--org", "observers", "--unit", "101"];
    let invited = bench.hattama(invite).done();
    let invitation = invited.lines().find(|line| line.starts_with("HATTAMA1.")).unwrap();
    bench.observer(["enrol", invitation]).done();
    let mut records = Vec::new();
    for _ in 0..9 {
        let missing = ["--json", "not-obtained", "--unit", "101", "--missing", "copy-refused"];
        let recorded = bench.observer(missing).json();
        records.push(recorded["record"].as_str().unwrap().to_owned());
    }
    let record = records[4].as_str();
    bench.observer(["receipt", "show", record]).refused(2, "no receipt for");
    bench.observer(["sync"]).done();
    drop(serving);

    let said = bench.observer(["receipt", "show", record]).done();
    assert!(said.contains("It holds") && said.contains("not-obtained, unit 101"), "{said}");
    assert!(said.contains("names no witnesses"), "{said}");
    let shown = bench.observer(["--json", "receipt", "show", record]).json();
    let text = shown["receipt"].as_str().unwrap();
    bench.observer(["receipt", "show", &"00".repeat(32)]).refused(2, "no receipt for");
    bench.observer(["receipt", "export", record]).refused(2, "--out");

    let [out, png, svg] = ["one.tlog-proof", "codes.png", "codes.svg"].map(|name| bench.arg(name));
    let export = ["receipt", "export", record, "--out", &out, "--qr", "--qr-png", &png];
    let exported = bench.observer(export.into_iter().chain(["--qr-svg", &svg]));
    let of = exported.out.matches("Code ").count();
    assert!(of > 1 && exported.err.contains(&format!("takes {of} QR code(s)")), "{}", exported.err);
    assert!(exported.done().contains('\u{2588}'), "codes on the terminal");
    assert_eq!(fs::read_to_string(&out).unwrap(), text);
    assert!(fs::read_to_string(bench.path("codes-1.svg")).unwrap().contains("<svg"));

    // Whoever photographs the codes does so in any order.
    let read: Vec<String> =
        (1..=of).rev().map(|at| read_code(&bench.path(&format!("codes-{at}.png")))).collect();
    let (entry, joined) = join_receipt(&read).unwrap();
    assert_eq!(
        (entry.to_string().as_str(), joined.as_str()),
        (shown["entry"].as_str().unwrap(), text)
    );
    let vkey = shown["log"].as_str().unwrap();
    let key: VerifierKey = vkey.parse().unwrap();
    let receipt = Receipt::parse(&joined).unwrap();
    receipt.verify(&entry, key.name(), &key).unwrap();
    let other = LogEntry::Record([7; 32]);
    receipt.verify(&other, key.name(), &key).unwrap_err();

    let scanned = bench.path("scanned.txt");
    fs::write(&scanned, read.concat()).unwrap();
    let verify = ["verify", "--vkey", vkey, scanned.to_str().unwrap()];
    let said = bench.hattama(verify).done();
    assert!(said.contains(&format!("has `{entry}`")), "{said}");
    fs::write(&scanned, read[1..].concat()).unwrap();
    bench.hattama(verify).refused(1, "1 of 1 files do not hold");
    let lie = read.concat().replacen("hattama-record", "hattama-photo", of);
    fs::write(&scanned, lie).unwrap();
    bench.hattama(verify).refused(1, "1 of 1 files do not hold");
}
