//! What is altered in the store of a stopped headquarters is named, and not shown.

use hattama_tests::world::{Ending, World};
use serde_json::json;

use super::office::{archive_mapped, as_, both, ready, release};

#[test]
fn a_published_file_or_its_mapping_that_was_altered_in_the_store_is_named() {
    for mend in [
        "update publication set bytes = cast(replace(cast(bytes as text), '9', '8') as blob)",
        "update publication_mapping
            set mapping = cast(replace(cast(mapping as text), 'lark', 'crow') as blob)",
    ] {
        let mut world = World::new();
        archive_mapped(&world);
        world.end(Ending::InOrder);
        assert_eq!(world.fsck(), None);
        alter(&world, mend);
        assert!(world.fsck().is_some(), "{mend}");
    }
}

#[test]
fn a_release_that_was_altered_in_the_store_is_named_and_not_shown() {
    let mut world = World::new();
    ready(&mut world);
    release(&world, &json!({ "differences": both() }));
    world.end(Ending::InOrder);
    assert_eq!(world.fsck(), None);
    alter(
        &world,
        "update release_draft
            set content = cast(replace(cast(content as text), 'heron', 'raven') as blob)",
    );
    let said = world.fsck().unwrap();
    assert!(said.contains("the bytes are not those that were logged"), "{said}");
    world.start();
    assert_eq!(as_(&world, "").get("/public/releases/1").status, 500);
}

/// Alters one row of the stopped headquarters.
fn alter(world: &World, statement: &str) {
    let store = rusqlite::Connection::open(world.data().join("hq.db")).unwrap();
    assert_eq!(store.execute(statement, []).unwrap(), 1, "{statement}");
}

#[test]
fn a_release_whose_row_says_otherwise_than_its_statement_is_named_and_not_shown() {
    for (mend, number) in
        [("update release_outcome set number = 2", 2), ("update release_draft set corrects = 7", 1)]
    {
        let mut world = World::new();
        ready(&mut world);
        release(&world, &json!({ "differences": both() }));
        world.end(Ending::InOrder);
        alter(&world, mend);
        assert!(world.fsck().is_some(), "{mend}");
        world.start();
        for path in ["", "/release.json", "/release.jws"] {
            let answer = as_(&world, "").get(&format!("/public/releases/{number}{path}"));
            assert_eq!(answer.status, 500, "{mend}: {}", answer.text());
        }
    }
}

#[test]
fn a_release_that_no_statement_is_about_is_named_and_not_shown() {
    let mut world = World::new();
    ready(&mut world);
    release(&world, &json!({ "differences": both() }));
    world.end(Ending::InOrder);
    alter(
        &world,
        "insert into release_draft
         select '0123456789abcdef', sha256, content, corrects, proposed_by, proposed_at_ms
           from release_draft",
    );
    alter(
        &world,
        "insert into release_outcome
         select '0123456789abcdef', 2, hex(zeroblob(32)), decided_by, decided_at_ms
           from release_outcome",
    );
    let said = world.fsck().unwrap();
    assert!(said.contains("release 2: the store has it, and no statement"), "{said}");
    world.start();
    assert_eq!(as_(&world, "").get("/public/releases/1").status, 200);
    assert_eq!(as_(&world, "").get("/public/releases/2").status, 500);
}

#[test]
fn a_sample_whose_list_was_altered_is_named_and_nothing_is_estimated_from_it() {
    let mut world = World::new();
    let drawn = world.wire().post("/v1/samples", &json!({"seed": "s", "size": 4}));
    assert_eq!(drawn.status, 200, "{}", drawn.text());
    assert_eq!(world.wire().get("/v1/coverage").status, 200);
    world.end(Ending::InOrder);
    assert_eq!(world.fsck(), None);
    alter(&world, "update sample_unit set unit = unit || '9' where place = 2");
    let said = world.fsck().unwrap();
    assert!(said.contains("the bytes are not those that were logged"), "{said}");
    world.start();
    assert_eq!(world.wire().get("/v1/coverage").status, 500);
    let listed = world.wire().get_json("/v1/samples");
    assert_eq!(listed[0]["check"]["as_drawn"], false, "who lists draws is told: {listed}");
}
