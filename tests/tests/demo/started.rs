//! How the demonstration begins, and what it refuses.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    process::{Command, Stdio},
};

use super::{demo, told};

#[test]
fn a_folder_that_holds_something_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    let output = demo(folder.path(), 1).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("--folder"), "{}", told(&output));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn numbers_of_precincts_that_do_not_exist_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for precincts in [0, 9_581] {
        let output = demo(&folder.path().join("demo"), precincts).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    }
}

#[test]
fn the_address_and_the_exercise_are_told_before_the_play_and_a_taken_port_is_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--precincts", "1", "--exit", "--port", &port, "--folder"])
        .arg(folder.path().join("demo"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut before = String::new();
    while !before.contains("/enter?token=") {
        assert_ne!(said.read_line(&mut before).unwrap(), 0, "{before}");
    }
    assert!(before.contains("EXERCISE"), "{before}");
    assert!(before.contains(&format!("Port {port} is taken")), "{before}");
    let link = before.split_whitespace().last().unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).build().into();
    let entered = agent.get(link).call().expect("it serves already");
    assert!(entered.headers().contains_key("set-cookie"), "the link lets a browser in");
    let mut after = String::new();
    said.read_to_string(&mut after).unwrap();
    assert!(child.wait().unwrap().success(), "{after}");
    assert!(after.lines().last().unwrap().starts_with('{'), "{after}");
}

#[test]
fn for_people_without_a_compiler_it_is_a_command_of_headquarters_program() {
    let kit = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_hattama-kit")).args(arguments).output().unwrap();
        (output.status.code(), told(&output))
    };
    let (code, said) = kit(&["demo", "--help"]);
    assert!(code == Some(0) && said.contains("exercise election"), "{said}");
    assert!(said.contains("Usage: hattama demo"), "{said}");
    let (code, said) = kit(&["demo", "--precincts", "0"]);
    assert!(code == Some(2) && said.contains("--precincts"), "{said}");
    let (code, said) = kit(&["--version"]);
    assert!(code == Some(0) && said.starts_with("hattama "), "{said}");
    let (code, said) = kit(&["fsck", "--folder", "no/such/folder"]);
    assert!(code == Some(4) && said.contains("no/such/folder"), "{said}");
}
