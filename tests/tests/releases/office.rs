//! A headquarters where one precinct and one region differ from what was published.

use hattama_proto::{
    id::PhotoHash,
    record::{Body, Figure, Photo, PhotoRole, ResultsProtocol},
};
use hattama_server::{access::Scope, config::Config, folder::DataFolder, store::Db};
use hattama_tests::world::{
    Answer, Device, Ending, Wire, World, block_on, certified, code, hire, hire_within, invented,
};
use serde_json::{Value, json};

/// The precinct whose published figures are not those of its protocol.
pub(crate) const PRECINCT: &str = "0-0-0";
/// The region whose published total is not the sum of its published precincts.
pub(crate) const REGION: &str = "0";
/// Whose label must not get out.
pub(crate) const OBSERVER: &str = "an observer";

/// Publishers, reviewers, and one who sees one organisation only. Tokens are names.
pub(crate) fn staff(world: &mut World) {
    world.end(Ending::InOrder);
    block_on(async {
        let folder = DataFolder::open(world.data()).unwrap();
        let config = Config::load(&folder.config()).unwrap();
        let url = config.database_url(&folder).unwrap();
        let now = hattama_server::clock::system();
        let db = Db::open(&url, now).await.unwrap();
        for name in ["anna-publisher", "bek-publisher"] {
            hire(&db, name, name, now).await;
        }
        let scope = Scope { org: Some("watchers".to_owned()), region: None };
        hire_within(&db, "limited", "limited", &scope, now).await;
        db.close().await;
    });
    world.start();
}

pub(crate) fn as_(world: &World, name: &str) -> Wire {
    Wire::to(world.address(), name)
}

/// An observer's copy of the precinct's protocol: heron 5, lark 3, crane 4.
pub(crate) fn bring_copy(world: &World) {
    let original = Device::photo(b"original 1", PhotoRole::Original);
    let preview = b"preview 1";
    let photos = vec![original, Device::photo(preview, PhotoRole::Preview)];
    let signed = world.device(1).say(Body::Protocol(copy_with(photos)));
    world.wire().push_one(&signed);
    world.wire().put(&PhotoHash::of(preview), preview).unwrap();
}

/// The same figures, told to the desk by telephone.
pub(crate) fn tell_copy(world: &World) {
    let wire = world.wire();
    let invited = wire.post(
        "/v1/invitations",
        &json!({
            "label": "17", "org": "watchers", "mandate": {"units": [PRECINCT]}, "valid_hours": 5,
        }),
    );
    let call = json!({
        "person": invited.json()["person"], "channel": "voice",
        "told_at": "2005-12-04T22:40:00+06:00", "entry": copy_with(Vec::new()),
    });
    let told = wire.post("/v1/telephone/protocols", &call);
    assert_eq!(told.status, 200, "{}", told.text());
}

fn copy_with(photos: Vec<Photo>) -> ResultsProtocol {
    let mut protocol = invented(code(PRECINCT), certified(), 5, photos);
    let line = |figure: u64| Some(Figure::new(figure).unwrap());
    for (name, figure) in [("voters", 900), ("invalid", 1), ("valid", 12)] {
        protocol.lines.insert(name.parse().unwrap(), line(figure));
    }
    let votes = protocol.contests.values_mut().next().unwrap();
    for (choice, figure) in [("heron", 5), ("lark", 3), ("crane", 4)] {
        votes.insert(choice.parse().unwrap(), line(figure));
    }
    protocol
}

/// Archives what was published: heron 9 instead of 5 in the precinct, and a total of the region that
/// is by 100 higher than its precincts.
pub(crate) fn archive(world: &World) {
    let mut file = "unit,valid,president:heron,president:lark,president:crane\n".to_owned();
    let mut heron = 0;
    for (at, precinct) in world.country().precincts().iter().enumerate() {
        let votes = if precinct.as_str() == PRECINCT { 9 } else { 10 + at };
        if precinct.as_str().starts_with("0-") {
            heron += votes;
        }
        file.push_str(&format!("{precinct},12,{votes},3,4\n"));
    }
    import(world, "precinct", &file);
    let total = format!(
        "unit,president:heron,president:lark,president:crane\n{REGION},{},18,24\n",
        heron + 100
    );
    import(world, "region", &total);
}

pub(crate) fn import(world: &World, level: &str, file: &str) -> Value {
    let path = format!("/v1/publications?level={level}&source=https://commission.example/{level}");
    let wire = world.wire();
    let answer = wire.send("POST", &path, &[("content-type", "text/csv")], file.as_bytes());
    let answer = answer.unwrap().json();
    assert!(answer["left_out"].as_array().unwrap().is_empty(), "{answer}");
    answer
}

/// Archives a table of the commission's own making: heron 9 instead of 5 in the precinct. The table and
/// the mapping by which it was read.
pub(crate) fn archive_mapped(world: &World) -> (String, String) {
    let table = "участок;h;l;c\n0-0-0;9;3;4\n".to_owned();
    let mapping = "[unit]\ncode = \"{участок}\"\n[cells]\n\"president:heron\" = \"h\"\n\
        \"president:lark\" = \"l\"\n\"president:crane\" = \"c\"\n"
        .to_owned();
    let fields = [
        ("level", "precinct"),
        ("source", "https://commission.example/table"),
        ("mapping", mapping.as_str()),
        ("run", "archive"),
        ("file", table.as_str()),
    ];
    let boundary = "part-of-this-test";
    let part = |(name, text): (&str, &str)| {
        let disposition = format!("Content-Disposition: form-data; name=\"{name}\"");
        format!("--{boundary}\r\n{disposition}\r\n\r\n{text}\r\n")
    };
    let body: String = fields.into_iter().map(part).collect();
    let body = format!("{body}--{boundary}--\r\n");
    let origin = format!("http://{}", world.address());
    let media_type = format!("multipart/form-data; boundary={boundary}");
    let headers = [("content-type", media_type.as_str()), ("origin", origin.as_str())];
    let answer = world.wire().send("POST", "/publications", &headers, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 303, "{}", answer.text());
    (table, mapping)
}

/// Two people type the precinct's copy off its photograph, apart from one another.
pub(crate) fn transcribe(world: &World) {
    transcribe_lines(world, &json!({"voters": 900, "invalid": 1, "valid": 12}));
}

/// The same, with these figures of its lines.
pub(crate) fn transcribe_lines(world: &World, lines: &Value) {
    let reading = json!({
        "shows": "figures",
        "lines": lines,
        "contests": {"president": {"heron": 5, "lark": 3, "crane": 4}},
    });
    for (at, name) in ["anna-publisher", "bek-publisher"].into_iter().enumerate() {
        let wire = as_(world, name);
        let seat = wire.post("/v1/transcriptions/next", &json!({})).json();
        let item = seat["item"].as_str().expect("the difference waits to be typed");
        let id = format!("01080000-0000-7000-8000-{at:012x}");
        let body = json!({ "id": id, "reading": reading });
        let answer = wire.post(&format!("/v1/transcriptions/{item}/entries"), &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

/// Everything that a release of both differences needs.
pub(crate) fn ready(world: &mut World) {
    staff(world);
    bring_copy(world);
    archive(world);
    transcribe(world);
}

pub(crate) fn both() -> Value {
    json!([
        {"contest": "president", "unit": PRECINCT},
        {"contest": "president", "unit": REGION},
    ])
}

pub(crate) fn propose(world: &World, by: &str, body: &Value) -> Answer {
    as_(world, by).post("/v1/releases", body)
}

pub(crate) fn confirm(world: &World, by: &str, draft: &str) -> Answer {
    as_(world, by).post(&format!("/v1/release-drafts/{draft}/confirmation"), &json!({}))
}

/// Proposes by one and confirms by the other; tells the number.
pub(crate) fn release(world: &World, body: &Value) -> u64 {
    let draft = propose(world, "anna-publisher", body);
    assert_eq!(draft.status, 200, "{}", draft.text());
    let draft = draft.json()["draft"].as_str().unwrap().to_owned();
    let confirmed = confirm(world, "bek-publisher", &draft);
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    confirmed.json()["number"].as_u64().unwrap()
}
