//! What goes wrong says who has to act: by its exit code and in one sentence.

use std::fs;

use crate::programs::{Bench, tiny_setup};

const NO_SUCH_RECORD: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

#[test]
fn what_the_person_typed_ends_with_2() {
    let bench = Bench::new();
    let (folder, setup) = (bench.arg("hq"), tiny_setup());
    let init = ["init", "--folder", &folder, "--setup"];
    bench.hattama(["no-such-command"]).refused(2, "no-such-command");
    bench.hattama(init.iter().chain(&["no/such/folder"])).refused(2, "no/such/folder");
    let spaced = ["--log-origin", "two words"];
    bench.hattama(init.iter().chain(&[setup.as_str()]).chain(&spaced)).refused(2, "no spaces");
    let plain = ["--address", "http://hq.example.org"];
    bench.hattama(init.iter().chain(&[setup.as_str()]).chain(&plain)).refused(2, "https://");
    let lost = ["--token-file", "no/such/folder/token"];
    bench.hattama(init.iter().chain(&[setup.as_str()]).chain(&lost)).refused(2, "no/such/folder");
    assert!(!bench.path("hq").exists(), "a refused command has made nothing");

    bench.hattama(["records"]).refused(2, "no operator token");
    bench
        .hattama(["records", "--token", "x", "--server", "http://hq.example.org"])
        .refused(2, "unencrypted");
    bench.hattama(["records", "show", "1234", "--token", "x"]).refused(2, "64 lower-case hex");
    bench.hattama(["incidents", "--state", "forgotten", "--token", "x"]).refused(2, "triaged");
    bench.hattama(["verify", "no-such-file"]).refused(2, "no-such-file");

    bench.observer(["list"]).refused(4, "holds no notebook");
    bench.observer(["enrol", "HATTAMA1.damaged"]).refused(2, "the invitation is damaged");
    let early = ["--election", "tiny-exercise", "protocol", "--unit", "101", "--form", "protocol"];
    let early = || early.into_iter().chain(["--copy", "certified"]);
    bench.observer(early().chain(["valid=many"])).refused(2, "is not a figure");
    bench.observer(early().chain(["valid=1", "valid=2"])).refused(2, "given twice");
    bench.observer(early().chain(["--photo", "no-such.jpg"])).refused(2, "no-such.jpg");
}

#[test]
fn nobody_at_the_address_ends_with_3() {
    let mut bench = Bench::new();
    bench.init();
    let serving = bench.serve();
    let invite = ["invite", "--label", "One", "--org", "observers"];
    let invitation = bench.hattama(invite).done();
    bench.observer(["enrol", invitation.trim()]).done();
    bench.observer(["not-obtained", "--unit", "101", "--missing", "not_posted"]).done();
    let unused = bench.hattama(invite).done();
    drop(serving);

    bench.hattama(["records"]).refused(3, "cannot be reached");
    bench.observer(["sync"]).refused(3, "nothing is lost");
    let waits = bench.observer(["--json", "outbox"]).json();
    assert_eq!(waits["empty"], false, "{waits}");
    let mut other = Bench::new();
    other.variables.clear();
    other.observer(["enrol", unused.trim()]).refused(3, "cannot be reached");
}

#[test]
fn a_folder_that_cannot_be_used_ends_with_4() {
    let bench = Bench::new();
    let folder = bench.arg("hq");
    bench.hattama(["serve", "--folder", &folder]).refused(4, "holds no headquarters");
    bench.init();
    let serving = bench.serve_with(&[]);
    bench.hattama(["serve", "--folder", &folder]).refused(4, "in use by another process");
    let port = serving.url.rsplit_once('/').unwrap().1.to_owned();
    bench.hattama(["serve", "--folder", &folder, "--listen", &port]).refused(4, "--listen");
    drop(serving);
    let epoch = ["serve", "--folder", &folder, "--new-epoch"];
    bench.hattama(epoch).refused(2, "--reason");
    bench.hattama(epoch.iter().chain(&["--reason", "why not"])).refused(4, "nothing was lost");
    fs::write(bench.path("hq").join("hq.db"), "not a database at all").unwrap();
    bench.hattama(["serve", "--folder", &folder]).refused(4, "hq.db");
}

#[test]
fn a_refusal_by_headquarters_ends_with_5() {
    let mut bench = Bench::new();
    bench.init();
    let _serving = bench.serve();
    bench.hattama(["records", "--token", "wrong"]).refused(5, "does not know this operator token");
    bench.hattama(["records", "show", NO_SUCH_RECORD]).refused(5, "no record has this id");
    bench.hattama(["units", "show", "nowhere"]).refused(5, "no such unit");
    let invite = ["invite", "--label", "One", "--org", "observers"];
    bench.hattama(invite.iter().chain(&["--unit", "nowhere"])).refused(5, "nowhere");
    bench.hattama(invite.iter().chain(&["--hours", "0"])).refused(5, "hours");

    let invitation = bench.hattama(invite).done();
    bench.observer(["enrol", invitation.trim()]).done();
    let second = Bench::new();
    second.observer(["enrol", invitation.trim()]).refused(5, "used by another device");
}

#[test]
fn nothing_is_served_unencrypted_to_other_machines() {
    let bench = Bench::new();
    bench.init();
    let folder = bench.arg("hq");
    let serve = ["serve", "--folder", &folder, "--listen", "0.0.0.0:0"];
    bench.hattama(serve).refused(2, "--tls-cert");
    let half = serve.iter().chain(&["--tls-cert", "chain.pem"]);
    bench.hattama(half).refused(2, "--tls-key");
    drop(bench.serve_with(&["--listen", "0.0.0.0:0", "--behind-proxy", "nginx"]));
}
