//! The interface against its own description, by a program that nobody here wrote: PyPI
//! `schemathesis` makes requests out of the document, good ones and bad ones, and compares what is
//! answered with what the document says.

use std::{path::Path, process::Command};

use hattama_tests::world::{World, on_sqlite};
use serde_json::json;

use super::desk::{change, get, report, reporter, send, step};

/// Requests that are made for each operation.
const EXAMPLES: &str = "12";

/// What is compared.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
     response_schema_conformance";

#[test]
fn every_answer_is_as_the_document_says_and_none_is_a_failure_inside() {
    on_sqlite(|world| described(world));
}

#[test]
fn the_document_is_served_and_has_every_address() {
    on_sqlite(|world| {
        let document = get(world, "/v1/openapi.json");
        assert_eq!(document["openapi"], "3.1.0");
        for address in hattama_server::http::addresses() {
            let pattern = address.pattern.trim_end_matches('*');
            if pattern.starts_with("/v1/") || pattern.starts_with("/log/") {
                let method = address.method.as_str().to_lowercase();
                let operation = &document["paths"][pattern][&method];
                assert!(operation.is_object(), "{} {pattern}", address.method);
            }
        }
    });
}

fn described(world: &World) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("foreign");
    let program = folder.join("schemathesis/venv/bin/schemathesis");
    if !program.exists() {
        let why =
            format!("schemathesis is not installed ({}); `make test` does it", program.display());
        let required =
            std::env::var_os("HATTAMA_REQUIRE_FOREIGN").is_some_and(|value| value == "1");
        assert!(!required, "{why}");
        hattama_tests::skip(&why);
        return;
    }
    let mut device = reporter(world, 1);
    let id = send(world, &mut device, &report("0-0-0", "pushed at the door"));
    step(world, id, "triaged");
    change(world, id, "comments", &json!({ "words": "called back" }));
    let home = format!("http://{}", world.address());
    let token = &world.made().operator_token;
    let output = Command::new(program)
        .current_dir(world.scratch())
        .args(["run", &format!("{home}/v1/openapi.json"), "--url", &home])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--checks", CHECKS])
        // A stream has no end to wait for.
        .args(["--exclude-path", "/v1/incidents/stream"])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES])
        .args(["--seed", "1", "--generation-database", "none", "--request-timeout", "60"])
        .args(["--suppress-health-check", "all", "--no-color"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
