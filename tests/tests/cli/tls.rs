//! A certificate of one's own: served, pinned in invitations, trusted by name on the command line.

use std::fs;

use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::programs::Bench;

#[test]
fn a_certificate_of_ones_own_is_pinned_in_invitations() {
    let mut bench = Bench::new();
    bench.init();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["127.0.0.1".into(), "localhost".into()]).unwrap();
    fs::write(bench.path("cert.pem"), cert.pem()).unwrap();
    fs::write(bench.path("key.pem"), signing_key.serialize_pem()).unwrap();
    let (cert, key) = (bench.arg("cert.pem"), bench.arg("key.pem"));
    let serving = bench.serve_with(&["--tls-cert", &cert, "--tls-key", &key]);
    assert!(serving.url.starts_with("https://127.0.0.1:"), "{}", serving.url);

    let token = bench.arg("token");
    let access = ["--server", &serving.url, "--token-file", &token];
    bench.hattama(["devices"].iter().chain(&access)).refused(3, "--certificate");
    let access = || access.iter().copied().chain(["--certificate", cert.as_str()]);
    bench.hattama(["devices"].into_iter().chain(access())).done();

    let invite = ["invite", "--label", "One", "--org", "observers"];
    let invitation = bench.hattama(invite.into_iter().chain(access())).done();
    bench.observer(["enrol", invitation.trim()]).done();
    bench.observer(["not-obtained", "--unit", "101", "--missing", "not_posted"]).done();
    bench.observer(["sync"]).done();

    // The same address with another certificate is somebody else.
    drop(serving);
    bench.variables.clear();
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused_with_both_names() {
    let bench = Bench::new();
    bench.init();
    let make = || generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    fs::write(bench.path("cert.pem"), make().cert.pem()).unwrap();
    fs::write(bench.path("key.pem"), make().signing_key.serialize_pem()).unwrap();
    let (folder, cert, key) = (bench.arg("hq"), bench.arg("cert.pem"), bench.arg("key.pem"));
    let serve = |cert: &str, key: &str| {
        bench.hattama(["serve", "--folder", &folder, "--tls-cert", cert, "--tls-key", key])
    };
    serve(&cert, &key).refused(2, "do not belong together");
    serve(&key, &cert).refused(2, "holds no certificate");
    serve("no-such.pem", &key).refused(2, "no-such.pem");
}
