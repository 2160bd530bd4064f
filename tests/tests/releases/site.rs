//! A frozen site: the same bytes again, and whole without us.

use std::{fs, path::Path, process::Command};

use hattama_tests::world::World;
use serde_json::{Value, json};

use super::office::{OBSERVER, PRECINCT, as_, both, import, ready, release};

fn publish(world: &World, folder: &Path, number: u64) -> bool {
    let arguments = [
        "hattama".to_owned(),
        "publish".to_owned(),
        folder.display().to_string(),
        format!("--release={number}"),
        format!("--server=http://{}", world.address()),
        "--token=anna-publisher".to_owned(),
    ];
    let code = hattama_server::cli::run(arguments.map(Into::into));
    format!("{code:?}") == format!("{:?}", std::process::ExitCode::SUCCESS)
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.push((name, fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn publishing_twice_gives_the_same_bytes_and_others_check_them() {
    let mut world = World::new();
    ready(&mut world);
    let number = release(&world, &json!({ "differences": both(), "words": {"en": "Look."} }));
    let [one, two] = ["one", "two"].map(|name| world.scratch().join(name));
    assert!(publish(&world, &one, number));
    // With a slash at the end, and beside what one that was killed left.
    let left = world.scratch().join("two.part/data");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("of-another-release.json"), "{}").unwrap();
    assert!(publish(&world, &two.join(""), number));
    assert!(!world.scratch().join("two.part").exists());
    assert!(!publish(&world, &one, number), "a published folder is never changed");
    assert!(!publish(&world, &world.scratch().join("three"), 9), "there is no release 9");
    let (first, second) = (files(&one), files(&two));
    assert!(first == second, "the same release is another site");
    let mut sums = Command::new("sha256sum");
    let sums = sums.args(["--quiet", "-c", "SHA256SUMS"]).current_dir(&one).output().unwrap();
    assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stderr));
    let sum_list = fs::read_to_string(one.join("SHA256SUMS")).unwrap();
    assert_eq!(sum_list.lines().count(), first.len() - 1, "every file but the list is in it");
    assert!(!world.scratch().join("one.tar").exists());
    assert!(!world.scratch().join("one.part").exists());

    let named: Value =
        serde_json::from_slice(&fs::read(one.join("data/units/0-0-0.json")).unwrap()).unwrap();
    assert_eq!(named["official"]["contest:president:heron"], 9);
    assert_eq!(named["differences"][0]["below"]["votes"], json!([5, 3, 4]));
    let district: Value =
        serde_json::from_slice(&fs::read(one.join("data/units/0-0.json")).unwrap()).unwrap();
    assert_eq!(district["children"].as_array().unwrap().len(), 3);
    // What was published of other precincts is there; what is ours of them is not.
    let all = first.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect::<String>();
    // A drawing's namespace is a name, and is fetched from nowhere.
    let all = all.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for secret in [
        OBSERVER,
        "anna-publisher",
        "bek-publisher",
        "<script",
        "style=",
        "http://www",
        "src=\"http",
    ] {
        assert!(!all.contains(secret), "{secret}");
    }
    for (name, bytes) in first.iter().filter(|(name, _)| name.ends_with(".html")) {
        let page = String::from_utf8_lossy(bytes);
        assert!(page.contains("EXERCISE"), "{name} does not say that it is an exercise");
        for link in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if link.starts_with('#') {
                continue;
            }
            let target = one.join(name).parent().unwrap().join(link);
            assert!(target.exists(), "{name} leads to {link}, which is not there");
        }
        assert!(bytes.len() < 100_000, "{name} has {} bytes", bytes.len());
    }
}

/// What is named and how the published turnout lies, drawn in each language; the numbers stand beside, and
/// nothing that only analysts may see.
#[test]
fn a_site_has_its_drawings_with_their_numbers_and_as_files() {
    let mut world = World::new();
    ready(&mut world);
    let mut file =
        "unit,voters,invalid,valid,president:heron,president:lark,president:crane\n".to_owned();
    for precinct in world.country().precincts() {
        let votes = if precinct.as_str() == PRECINCT { 9 } else { 12 };
        file.push_str(&format!("{precinct},40,1,{},{votes},3,4\n", votes + 7));
    }
    import(&world, "precinct", &file);
    let number = release(&world, &json!({ "differences": both() }));
    let site = world.scratch().join("site");
    assert!(publish(&world, &site, number));
    let text = |name: &str| fs::read_to_string(site.join(name)).expect(name);
    for lang in ["kk", "ru", "en"] {
        let page = text(&format!("{lang}/drawings.html"));
        let files: Vec<&str> = page
            .split("href=\"drawings/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(files, ["differences-1.svg", "turnout.svg"], "{page}");
        for file in files {
            let drawing = text(&format!("{lang}/drawings/{file}"));
            assert!(drawing.starts_with("<svg ") && drawing.trim_end().ends_with("</svg>"));
            assert!(drawing.contains("EXERCISE"), "{file} does not say that it is an exercise");
        }
        assert!(text(&format!("{lang}/index.html")).contains("href=\"drawings.html\""));
    }
    // The steps of the drawing are the differences that are named.
    let page = text("en/index.html");
    let named = page.split("<h3>The named differences, level by level").nth(1).expect(&page);
    let steps = named.split("<tbody>").nth(1).and_then(|rest| rest.split("</tbody>").next());
    let content: Value = serde_json::from_str(&text("release.json")).unwrap();
    let contest = &content["contests"][0];
    let by = |level: &str| -> i64 {
        let named = contest["differences"].as_array().unwrap().iter();
        named.filter(|of| of["level"] == level).map(|of| of["by"][0].as_i64().unwrap()).sum()
    };
    // The choice that differs most stands first; it is the first on the ballot too.
    let row = steps.unwrap().split("<tr>").nth(1).unwrap();
    let signed = |votes: i64| match votes {
        0 => "0".to_owned(),
        votes if votes > 0 => format!("+{votes}"),
        votes => format!("−{}", votes.unsigned_abs()),
    };
    let cells: Vec<&str> = row
        .split("<td class=\"figure\">")
        .skip(1)
        .filter_map(|rest| rest.split("</td>").next())
        .collect();
    assert_eq!(cells[0], signed(by("precinct")), "{row}");
    assert_eq!(cells[2], signed(by("region")), "{row}");
    assert!(by("precinct") != 0 && by("region") != 0, "{contest}");
    for (name, bytes) in files(&site) {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!text.contains("fingerprint"), "{name} shows an indicator");
    }
}

#[test]
fn a_correction_shows_on_the_site_of_what_it_corrects_and_nothing_else_changes() {
    let mut world = World::new();
    ready(&mut world);
    release(&world, &json!({ "differences": both() }));
    let [before, after] = ["before", "after"].map(|name| world.scratch().join(name));
    assert!(publish(&world, &before, 1));
    let correction = json!({ "corrects": {"release": 1, "words": {"en": "It was mended."}} });
    assert_eq!(release(&world, &correction), 2);
    assert!(publish(&world, &after, 1));
    let (before, after) = (files(&before), files(&after));
    let changed: Vec<&str> =
        after.iter().filter(|file| !before.contains(file)).map(|(name, _)| name.as_str()).collect();
    let pages = ["SHA256SUMS", "corrections/2.json", "en/index.html", "kk/index.html"];
    assert_eq!(changed, [&pages[..], &["ru/index.html"]].concat());
    let page = after.iter().find(|(name, _)| name == "en/index.html").unwrap();
    let page = String::from_utf8_lossy(&page.1);
    assert!(page.contains("Corrected by release 2") && page.contains("It was mended."));
}

#[test]
fn whoever_may_not_export_publishes_nothing() {
    let mut world = World::new();
    ready(&mut world);
    release(&world, &json!({}));
    assert_eq!(as_(&world, "nobody").get("/v1/releases/1/site.tar").status, 401);
}
