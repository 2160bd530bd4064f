//! The pages of headquarters over real sockets, as a browser asks for them.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "bucket/mod.rs"]
mod bucket;

use hattama_proto::{
    id::RecordId,
    record::{Body, Incident, Missing, NotObtained, PhotoRole, Severity},
    statement::Mandate,
};
use hattama_tests::{
    in_every_world,
    world::{Device, World, certified, code, invented, wall},
};

in_every_world![
    every_page_needs_an_operator_and_says_so_as_a_page,
    every_page_carries_the_banner_and_a_strict_policy,
    the_token_is_taken_once_and_kept_out_of_the_address,
    the_overview_counts_what_came_and_who_is_silent,
    a_region_shows_the_three_sums_side_by_side,
    a_unit_shows_its_documents_their_differences_and_its_pictures,
    an_incident_takes_its_next_step_from_our_own_page_only,
    search_jumps_to_units_and_records,
    a_device_says_what_waits_on_it_and_each_number_leads_to_its_list,
];

/// A browser.
struct Browser {
    agent: ureq::Agent,
    home: String,
    token: Option<String>,
}

/// What a browser got.
struct Page {
    status: u16,
    text: String,
    headers: ureq::http::HeaderMap,
}

impl Browser {
    fn stranger(world: &World) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Self { agent, home: format!("http://{}", world.address()), token: None }
    }

    fn operator(world: &World) -> Self {
        let token = Some(world.made().operator_token.clone());
        Self { token, ..Self::stranger(world) }
    }

    fn send(&self, method: &str, path: &str, origin: Option<&str>, form: &str) -> Page {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.home))
            .header("accept", "text/html,application/xhtml+xml")
            .header("accept-language", "en");
        if let Some(token) = &self.token {
            request = request.header("cookie", format!("hattama={token}"));
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = if method == "GET" {
            self.agent.run(request.body(()).unwrap())
        } else {
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            self.agent.run(request.body(form.to_owned()).unwrap())
        };
        let mut answer = answer.unwrap();
        let headers = answer.headers().clone();
        let text = answer.body_mut().read_to_string().unwrap();
        Page { status: answer.status().as_u16(), text, headers }
    }

    fn get(&self, path: &str) -> Page {
        self.send("GET", path, None, "")
    }

    /// A page that is there.
    fn page(&self, path: &str) -> String {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        page.text
    }

    /// Sends a form from a page of ours.
    fn post(&self, path: &str, form: &str) -> Page {
        self.send("POST", path, Some(&self.home), form)
    }
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn incident(unit: &str, words: &str) -> Body {
    Body::Incident(Incident {
        categories: vec!["pressure".parse().unwrap()],
        phase: "count".parse().unwrap(),
        severity: Severity::High,
        unit: Some(code(unit)),
        place_words: None,
        occurred_at: Some("2005-12-04T20:00:00+06:00".parse().unwrap()),
        words: words.to_owned(),
        language: "en".to_owned(),
        attachments: Vec::new(),
        refers_to: None,
    })
}

/// A device for incidents.
fn reporter(world: &World, seed: u64) -> Device {
    let mut device = world.stranger(seed);
    let invitation = world.invite(&Mandate::Everywhere);
    device.enrol_as(&world.wire(), &invitation, hattama_proto::kind::Role::Incidents).unwrap();
    device
}

fn report(world: &World, words: &str) -> RecordId {
    let signed = reporter(world, 90).say(incident("0-0-0", words));
    world.wire().push_one(&signed);
    signed.id
}

/// Archives what the commission published.
fn publish(world: &World, level: &str, csv: &str) {
    let path = format!("/v1/publications?level={level}&source=test");
    let answer =
        world.wire().send("POST", &path, &[("content-type", "text/csv")], csv.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Text without tags, spaces made one.
fn plain(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in page.chars() {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            letter if !inside => text.push(letter),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn every_page_needs_an_operator_and_says_so_as_a_page(world: &World) {
    let stranger = Browser::stranger(world);
    for path in ["/", "/regions/0", "/units/0-0-0", "/incidents", "/search?q=0"] {
        let page = stranger.get(path);
        assert_eq!(page.status, 401, "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(page.text.contains("name=\"token\""), "{path} asks for the token");
    }
    // A program is told as programs are told.
    let answer = world.wire().send("GET", "/nowhere", &[], &[]).unwrap();
    assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("not-found")));
    let page = Browser::operator(world).get("/nowhere");
    assert_eq!(page.status, 404);
    assert!(page.text.contains("There is nothing here"));
}

fn every_page_carries_the_banner_and_a_strict_policy(world: &World) {
    let id = report(world, "they <script>alert(1)</script> pushed");
    let mut device = world.device(1);
    let record = device.protocol(code("0-0-0"), 5);
    world.wire().push_one(&record);
    let operator = Browser::operator(world);
    let paths = [
        "/".to_owned(),
        "/regions/0".to_owned(),
        "/units/0-0-0".to_owned(),
        "/units/0-0".to_owned(),
        "/units/land".to_owned(),
        "/incidents".to_owned(),
        format!("/incidents/{id}"),
        format!("/records/{id}"),
        format!("/records/{}", record.id),
        "/search?q=zzz".to_owned(),
        "/incidents?q=%3Cscript%3E&tag=%3Cscript%3E".to_owned(),
        "/api".to_owned(),
        "/enter".to_owned(),
    ];
    for path in paths {
        for language in ["kk", "ru", "en"] {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = operator.get(&format!("{path}{joint}lang={language}"));
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            assert!(page.text.contains("<p class=\"exercise\">EXERCISE</p>"), "{path}");
            assert!(page.text.contains(&format!("<html lang=\"{language}\">")), "{path}");
            // Modules of ours, by their address; nothing inline, and words stay words.
            let ours = page.text.matches("<script type=\"module\" src=\"/assets/").count();
            assert_eq!(page.text.matches("<script").count(), ours, "{path}");
            assert!(!page.text.contains("style=\""), "{path}");
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none';"), "{path}: {policy}");
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
        }
    }
    let style = operator.page("/").split("href=\"/assets/").nth(2).unwrap().to_owned();
    let style = operator.get(&format!("/assets/{}", style.split('"').next().unwrap()));
    assert_eq!(style.status, 200);
    assert!(style.header("cache-control").contains("immutable"));
}

fn the_token_is_taken_once_and_kept_out_of_the_address(world: &World) {
    let stranger = Browser::stranger(world);
    let token = &world.made().operator_token;
    let page = stranger.get(&format!("/enter?token={token}"));
    assert_eq!((page.status, page.header("location")), (303, "/"));
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("hattama=") && !cookie.contains(token.as_str()), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let wrong = stranger.get("/enter?token=wrong&lang=en");
    assert!(wrong.header("set-cookie").starts_with("hattama-lang"));
    assert!(wrong.text.contains("not known here") && !wrong.text.contains("token=wrong"));
    let page = stranger.post("/enter", &format!("token={token}&next=%2Fincidents"));
    assert_eq!((page.status, page.header("location")), (303, "/incidents"));
    let page = stranger.post("/enter", &format!("token={token}&next=%2F%2Felse.example"));
    assert_eq!(page.header("location"), "/");
    let elsewhere = format!("token={token}");
    let page = stranger.send("POST", "/enter", Some("https://else.example"), &elsewhere);
    assert_eq!((page.status, page.header("set-cookie")), (403, ""));
}

fn the_overview_counts_what_came_and_who_is_silent(world: &World) {
    let only = Mandate::Units(vec![code("0-0-0"), code("0-2-2")]);
    let mut device = world.stranger(1);
    device.enrol(&world.wire(), &world.invite(&only)).unwrap();
    let mut silent = world.stranger(2);
    silent.enrol(&world.wire(), &world.invite(&Mandate::Units(vec![code("1-1-1")]))).unwrap();
    let _unused = world.invite(&Mandate::Everywhere);
    world.wire().push_one(&device.protocol(code("0-0-0"), 7));
    let missing = NotObtained {
        unit: code("0-2-2"),
        missing: Missing::CopyRefused,
        copy: None,
        occurred_at: None,
        office: None,
        words: String::new(),
        photos: Vec::new(),
    };
    world.wire().push_one(&device.say(Body::NotObtained(missing)));
    let mut unknown = world.stranger(3);
    let held = unknown.protocol(code("0-0-4"), 9);
    world.wire().push_with_key(&held, &unknown);
    let operator = Browser::operator(world);
    let text = plain(&operator.page("/?lang=en"));
    for said in [
        "Records received 3 Awaiting check: 1 unknown device: 1",
        "Precincts with a document 1 / 12 Copy not obtained: 1",
        "Enrolled people who have sent nothing 1 / 2",
        "Named precincts without a word 1 / 3 1-1-1",
        "Invitations not used yet 1",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // Once the device is known, its record awaits no check.
    unknown.enrol(&world.wire(), &world.invite(&Mandate::Everywhere)).unwrap();
    // Made anew beside the requests: whoever looks again sees it.
    let mut text = String::new();
    for _ in 0..40 {
        std::thread::sleep(std::time::Duration::from_millis(250));
        text = plain(&operator.page("/?lang=en"));
        if text.contains("Awaiting check: 0") {
            return;
        }
    }
    panic!("the overview stays behind: {text}");
}

fn a_region_shows_the_three_sums_side_by_side(world: &World) {
    let mut device = world.device(1);
    // 7 votes for the heron, 7 for the lark, 7 for the crane.
    world.wire().push_one(&device.protocol(code("0-0-0"), 7));
    publish(
        world,
        "precinct",
        "unit,president:heron,president:lark,president:crane\n0-0-0,7,5,9\n0-2-2,100,50,10\n",
    );
    publish(world, "region", "unit,president:heron,president:lark,president:crane\n0,90,300,30\n");
    let operator = Browser::operator(world);
    for path in ["/?lang=en", "/regions/0?lang=en"] {
        let text = plain(&operator.page(path));
        // 107 votes were published in precincts already, and the total says 90.
        assert!(text.contains("heron lower by at least 17"), "{path}: {text}");
        assert!(text.contains("heron 90 107 7 7"), "{path}: {text}");
        assert!(text.contains("lark 300 55 7 ≠ +2 5"), "{path}: {text}");
        assert!(text.contains("Our copy differs from what was published in 0-0-0"), "{path}");
    }
    let text = plain(&operator.page("/units/0-0-0?lang=en"));
    assert!(text.contains("differs from what was published"), "{text}");
    assert!(text.contains("lark 7 ≠ 5"), "{text}");
}

fn a_unit_shows_its_documents_their_differences_and_its_pictures(world: &World) {
    let (mut one, mut other) = (world.device(1), world.device(2));
    let picture = b"a small picture that never was".to_vec();
    let photos = [b"an original".as_slice(), &picture, b"a preview that is on its way"];
    let roles = [PhotoRole::Original, PhotoRole::Thumbnail, PhotoRole::Preview];
    let photos: Vec<_> =
        photos.iter().zip(roles).map(|(bytes, role)| Device::photo(bytes, role)).collect();
    let first = one.protocol_with(code("0-0-0"), 7, photos.clone());
    let mismatch = other.protocol(code("0-0-0"), 8);
    let difference = other.say(Body::Protocol(invented(code("0-0-0"), wall(), 9, Vec::new())));
    world.wire().push_all([&first, &mismatch, &difference]);
    let operator = Browser::operator(world);
    let page = operator.page("/units/0-0-0?lang=en");
    assert!(page.contains("This picture has not arrived yet."), "{page}");
    world.wire().put(&photos[1].sha256, &picture).unwrap();
    let page = operator.page("/units/0-0-0?lang=en");
    assert!(page.contains(&format!("src=\"/v1/photos/{}\"", photos[1].sha256)), "{page}");
    assert!(!page.contains(&format!("/v1/photos/{}", photos[0].sha256)), "originals stay here");
    let text = plain(&page);
    for said in [certified().as_str(), wall().as_str(), "entry mismatch", "≠ 7", "≠ 8"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for record in [first.id, mismatch.id, difference.id] {
        assert!(page.contains(&format!("href=\"/records/{record}\"")));
    }
}

fn an_incident_takes_its_next_step_from_our_own_page_only(world: &World) {
    let id = report(world, "pushed at the door");
    let operator = Browser::operator(world);
    let path = format!("/incidents/{id}");
    assert!(operator.page(&path).contains("pushed at the door"));
    let form = "to=triaged&reason=readable&version=0";
    for origin in [None, Some("https://else.example"), Some("null")] {
        assert_eq!(operator.send("POST", &path, origin, form).status, 403, "{origin:?}");
    }
    assert_eq!(Browser::stranger(world).post(&path, form).status, 401);
    let taken = operator.post(&path, form);
    assert_eq!((taken.status, taken.header("location")), (303, path.as_str()));
    let text = plain(&operator.page(&format!("{path}?lang=en")));
    assert!(text.contains("received → triaged , op: readable"), "{text}");
    // Somebody who still looks at the page before is told, and keeps what was written.
    let late = operator.post(&path, "to=rejected&reason=my+long+reason&version=0");
    assert!(late.text.contains("Somebody changed it first"), "{}", late.text);
    assert!(late.text.contains("my long reason"));
    let none = operator.post(&path, "to=verifying&reason=&version=1");
    assert!(none.text.contains("Say why"), "{}", none.text);
    let listed = operator.page("/incidents?state=triaged&severity=high&region=0&phase=count");
    assert!(listed.contains(&path));
    assert!(!operator.page("/incidents?state=received").contains(&path));
    assert!(operator.page("/units/0-0-0").contains(&path));
}

fn search_jumps_to_units_and_records(world: &World) {
    let mut device = world.device(1);
    let record = device.protocol(code("0-0-0"), 7).clone();
    world.wire().push_one(&record);
    let operator = Browser::operator(world);
    let jump = |query: &str| {
        let page = operator.get(&format!("/search?q={query}"));
        (page.status, page.header("location").to_owned())
    };
    assert_eq!(jump("0-0-0"), (303, "/units/0-0-0".to_owned()));
    assert_eq!(jump("1"), (303, "/regions/1".to_owned()));
    let id = record.id.to_hex();
    assert_eq!(jump(&id), (303, format!("/records/{id}")));
    assert_eq!(jump(&id[..10].to_uppercase()), (303, format!("/records/{id}")));
    assert!(operator.page("/search?q=nothing-like-that&lang=en").contains("Nothing was found."));
    let part = operator.page("/search?q=0-2-&lang=en");
    assert!(part.contains("/units/0-2-2") && part.contains("/units/0-2-6"));
}

fn a_device_says_what_waits_on_it_and_each_number_leads_to_its_list(world: &World) {
    let mut device = world.stranger(1);
    let invitation = world.invite(&Mandate::Units(vec![code("0-0-0")]));
    let token = device.enrol(&world.wire(), &invitation).unwrap().device_token;
    let operator = Browser::operator(world);
    let text = plain(&operator.page("/devices?state=unheard&lang=en"));
    assert!(
        text.contains("Devices that fit : 1") || text.contains("Devices that fit: 1"),
        "{text}"
    );
    let feed = |query: &str| {
        let bearer = format!("Bearer {token}");
        let agent = ureq::Agent::new_with_defaults();
        let address = format!("http://{}/v1/feed?after=0{query}", world.address());
        agent.get(address).header("authorization", bearer).call().unwrap().status().as_u16()
    };
    // What cannot be read keeps nobody from the feed.
    assert_eq!(feed("&waiting=many&oldest_s=-1"), 200);
    assert_eq!(feed("&waiting=0.1.2.0.14&oldest_s=60"), 200);
    let text = plain(&operator.page("/devices?state=waiting&lang=en"));
    assert!(text.contains("other records: 1 , thumbnails: 2 , originals: 14"), "{text}");
    assert!(plain(&operator.page("/?lang=en")).contains("Still on phones 17"));
    assert!(plain(&operator.page("/devices?region=1&lang=en")).contains("No device fits."));
    // The precinct of the mandate is silent until something comes from it.
    assert!(operator.page("/units?show=silent&region=0").contains("href=\"/units/0-0-0\""));
    assert!(!operator.page("/units?show=silent&region=1").contains("/units/0-0-0"));
    assert!(plain(&operator.page("/log?lang=en")).contains("log.test/exercise"));
}
