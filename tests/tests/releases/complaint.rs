//! What a complaint about one precinct needs.

use std::io::{Cursor, Read as _};

use hattama_tests::world::World;

use super::office::{OBSERVER, archive, archive_mapped, as_, bring_copy, ready, staff, tell_copy};

fn pieces(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut file = archive.by_index(at).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

#[test]
fn a_complaint_holds_both_sides_their_proof_and_the_deadline() {
    let mut world = World::new();
    ready(&mut world);
    let wire = as_(&world, "anna-publisher");
    let unit = wire.get("/units/0-0-0?lang=en").text();
    assert!(unit.contains("/units/0-0-0/complaint.zip"), "the page leads to it");
    for (language, words) in
        [("en", "Material for a complaint"), ("ru", "Материалы для жалобы"), ("kk", "Шағымға")]
    {
        let answer = wire.get(&format!("/units/0-0-0/complaint.zip?lang={language}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let pieces = pieces(&answer.body);
        let piece = |name: &str| {
            let found = pieces.iter().find(|(known, _)| known == name);
            String::from_utf8_lossy(&found.unwrap_or_else(|| panic!("{name}")).1).into_owned()
        };
        let page = piece("complaint.html");
        assert!(page.contains(words) && page.contains("EXERCISE"), "{page}");
        assert!(page.contains("Complaint to the court") && page.contains("art. 49"), "{page}");
        // Published 9, our copy 5.
        assert!(page.contains("<td class=\"figure\">9</td><td class=\"figure\">5</td>"), "{page}");
        assert!(!page.contains(OBSERVER) && !page.contains("<script"), "{page}");
        for link in page.split("=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let is_file = link.contains('/') && !link.contains(' ') && !link.contains("=");
            assert!(!is_file || pieces.iter().any(|(name, _)| name == link), "{link}");
        }
        assert!(piece("official/row.json").contains("\"contest:president:heron\":9"));
        let sums = piece("SHA256SUMS");
        assert_eq!(sums.lines().count(), pieces.len() - 1);
        for (start, end) in [
            ("records/", ".jws"),
            ("records/", ".tlog-proof"),
            ("photos/", ".tlog-proof"),
            ("official/", ".csv"),
            ("official/", ".tlog-proof"),
            ("transcriptions/", ".jws"),
            ("keys/log.vkey", ""),
        ] {
            let is_there =
                |(name, _): &(String, Vec<u8>)| name.starts_with(start) && name.ends_with(end);
            assert!(pieces.iter().any(is_there), "{start}*{end}");
        }
    }
    let nobody = wire.get("/units/1-1-1/complaint.zip");
    assert_eq!(nobody.status, 404, "nobody brought a copy from there");
    assert_eq!(wire.get("/units/0/complaint.zip").status, 404);
    let audit = world.wire().get_json("/v1/audit")["events"].to_string();
    assert!(audit.contains("complaint"), "{audit}");
}

#[test]
fn what_was_told_by_telephone_is_not_said_to_have_been_photographed_on_a_phone() {
    let page = |world: &World, language: &str| {
        let path = format!("/units/0-0-0/complaint.zip?lang={language}");
        let answer = as_(world, "anna-publisher").get(&path);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let pieces = pieces(&answer.body);
        let page = pieces.iter().find(|(name, _)| name == "complaint.html").unwrap();
        String::from_utf8(page.1.clone()).unwrap()
    };
    let mut world = World::new();
    staff(&mut world);
    tell_copy(&world);
    archive(&world);
    for (language, phone, told, photographs) in [
        ("en", "photographed the document", "1 of the 1 records", "As captured"),
        ("ru", "Наблюдатель снял документ", "1 из 1 записей", "Как сняты"),
        ("kk", "құжатты суретке түсіріп", "1 жазбаның 1", "Түсірілгендей"),
    ] {
        let page = page(&world, language);
        assert!(page.contains(told), "{page}");
        assert!(!page.contains(phone) && !page.contains(photographs), "{page}");
    }
    // The observer's own record comes beside it: both are said.
    bring_copy(&world);
    let page = page(&world, "en");
    assert!(page.contains("photographed the document"), "{page}");
    assert!(page.contains("1 of the 2 records") && page.contains("As captured"), "{page}");
    assert_eq!(page.matches("told or from a table").count(), 1, "{page}");
}

#[test]
fn figures_that_nobody_transcribed_are_said_to_be_such() {
    let mut world = World::new();
    staff(&mut world);
    bring_copy(&world);
    archive(&world);
    let answer = as_(&world, "anna-publisher").get("/units/0-0-0/complaint.zip?lang=en");
    let pieces = pieces(&answer.body);
    let page = pieces.iter().find(|(name, _)| name == "complaint.html").unwrap();
    let page = String::from_utf8_lossy(&page.1);
    assert!(page.contains("have not been transcribed by two people yet"), "{page}");
    assert!(!page.contains("typed the figures off the photographs again"), "{page}");
}

#[test]
fn a_table_that_was_read_by_a_mapping_is_in_the_pack_as_it_was_fetched_with_its_mapping() {
    let mut world = World::new();
    staff(&mut world);
    bring_copy(&world);
    let (table, mapping) = archive_mapped(&world);
    let answer = as_(&world, "anna-publisher").get("/units/0-0-0/complaint.zip?lang=en");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let pieces = pieces(&answer.body);
    let ending = |ending: &str| {
        let of_official = |name: &str| name.starts_with("official/") && name.ends_with(ending);
        let found = pieces.iter().find(|(name, _)| of_official(name));
        String::from_utf8(found.unwrap_or_else(|| panic!("{ending}")).1.clone()).unwrap()
    };
    assert_eq!((ending(".csv"), ending(".toml")), (table.clone(), mapping));
    let page = pieces.iter().find(|(name, _)| name == "complaint.html").unwrap();
    let hash = hattama_proto::id::FileHash::of(table.as_bytes()).to_hex();
    assert!(String::from_utf8_lossy(&page.1).contains(&hash), "the file's own hash");
}
