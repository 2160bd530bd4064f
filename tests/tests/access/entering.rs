//! Getting in through the pages as a browser does it, and being out at once when it should be.

use hattama_server::people::totp;
use hattama_tests::world::{Ending, World};
use rusqlite::Connection;

/// A browser with its cookies.
struct Browser {
    agent: ureq::Agent,
    home: String,
    cookies: Vec<(String, String)>,
}

struct Page {
    status: u16,
    text: String,
    headers: ureq::http::HeaderMap,
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Browser {
    fn new(world: &World) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Self { agent, home: format!("http://{}", world.address()), cookies: Vec::new() }
    }

    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], form: &str) -> Page {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.home))
            .header("accept", "text/html")
            .header("accept-language", "en");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let answer = if method == "GET" {
            self.agent.run(request.body(()).unwrap())
        } else {
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            self.agent.run(request.body(form.to_owned()).unwrap())
        };
        let mut answer = answer.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let headers = answer.headers().clone();
        let text = answer.body_mut().read_to_string().unwrap();
        Page { status: answer.status().as_u16(), text, headers }
    }

    fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, &[], "")
    }

    fn post(&mut self, path: &str, form: &str) -> Page {
        let home = self.home.clone();
        self.send("POST", path, &[("origin", &home)], form)
    }

    fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn is_in(&mut self) -> bool {
        self.get("/account").status == 200
    }
}

/// What stands between two parts of a text.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest =
        &text[text.find(from).unwrap_or_else(|| panic!("no {from} in {text}")) + from.len()..];
    &rest[..rest.find(to).unwrap()]
}

/// The secret that a page offers.
fn secret(page: &str) -> Vec<u8> {
    let letters = between(page, "<p><code>", "</code>").replace(' ', "");
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in letters.bytes() {
        let value = if letter.is_ascii_uppercase() { letter - b'A' } else { letter - b'2' + 26 };
        bits = (bits << 5) | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    bytes
}

fn code_now(secret: &[u8], later: u64) -> String {
    totp::code(secret, totp::step_at(hattama_server::clock::system()) + later)
}

const PASSWORD: &str = "four plain words here";

/// The first account gives itself a password and one-time codes; the secret comes back.
fn settled(world: &World) -> (Browser, Vec<u8>) {
    let mut browser = Browser::new(world);
    let entered = browser.get(&format!("/enter?token={}", world.made().operator_token));
    assert_eq!((entered.status, entered.header("location")), (303, "/"));
    let set = browser.post("/account/password", &format!("new={}", PASSWORD.replace(' ', "+")));
    assert_eq!(set.status, 303, "{}", set.text);
    let offered = secret(&browser.get("/account").text);
    let set = browser.post("/account/totp", &format!("code={}", code_now(&offered, 0)));
    assert_eq!(set.status, 303, "{}", set.text);
    (browser, offered)
}

fn enter(browser: &mut Browser, password: &str) -> Page {
    browser.post("/enter", &format!("name=op&password={}", password.replace(' ', "+")))
}

fn ticket(page: &Page) -> String {
    between(&page.text, "name=\"ticket\" value=\"", "\"").to_owned()
}

#[test]
fn name_password_and_code_let_in_and_a_code_only_once() {
    let world = World::new();
    let (_, secret) = settled(&world);
    let mut browser = Browser::new(&world);
    let wrong = enter(&mut browser, "not the password");
    assert!(wrong.status == 200 && wrong.text.contains("not right"), "{}", wrong.text);
    let asked = enter(&mut browser, PASSWORD);
    assert!(!browser.is_in(), "the password alone lets nobody in");
    let ticket = ticket(&asked);
    let code = code_now(&secret, 1);
    let second = format!("ticket={ticket}&code={code}");
    let entered = browser.post("/enter/second", &second);
    assert_eq!(entered.status, 303, "{}", entered.text);
    let cookie = entered.headers.get_all("set-cookie").iter().next().unwrap().to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert!(browser.is_in());
    let mut thief = Browser::new(&world);
    let again = thief.post("/enter/second", &second);
    assert_eq!(again.status, 200, "the code was used");
    assert!(!thief.is_in());
}

#[test]
fn a_cookie_is_worth_nothing_after_leaving_a_new_password_or_a_suspension() {
    let mut world = World::new();
    let (mut first, secret) = settled(&world);
    let mut second = Browser::new(&world);
    let ticket = ticket(&enter(&mut second, PASSWORD));
    second.post("/enter/second", &format!("ticket={ticket}&code={}", code_now(&secret, 1)));
    assert!(first.is_in() && second.is_in());

    // Another password: the other session ends, one's own goes on.
    let (old, new) = (PASSWORD.replace(' ', "+"), "another+four+plain+words");
    let changed = first.post("/account/password", &format!("present={old}&new={new}"));
    assert_eq!(changed.status, 303, "{}", changed.text);
    assert!(first.is_in() && !second.is_in());

    // Leaving: the cookie that somebody copied is worth nothing.
    let copied = first.cookie("hattama").unwrap();
    assert_eq!(first.post("/leave", "x=1").status, 303);
    first.cookies.push(("hattama".to_owned(), copied));
    assert_eq!(first.get("/account").status, 401);

    // A suspension ends tokens too.
    let token = world.made().operator_token.clone();
    let mut third = Browser::new(&world);
    third.get(&format!("/enter?token={token}"));
    assert!(third.is_in());
    world.end(Ending::InOrder);
    let store = Connection::open(world.data().join("hq.db")).unwrap();
    store.execute("update account set state = 'suspended'", []).unwrap();
    drop(store);
    world.start();
    third.home = format!("http://{}", world.address());
    assert_eq!(third.get("/account").status, 401);
    assert_eq!(world.wire().get("/v1/records").status, 401);

    // The file holds no token, no password and no secret.
    let bytes = std::fs::read(world.data().join("hq.db")).unwrap();
    for plain in [token.as_bytes(), PASSWORD.as_bytes(), &secret] {
        assert!(!bytes.windows(plain.len()).any(|part| part == plain));
    }
}

#[test]
fn guessing_is_slowed_down_while_the_owner_gets_in() {
    let world = World::new();
    let (owner, secret) = settled(&world);
    let device = owner.cookie("hattama-device").unwrap();
    let mut guesser = Browser::new(&world);
    let mut waits = None;
    for _ in 0..12 {
        let page = enter(&mut guesser, "a wrong password");
        if page.status == 429 {
            waits = Some(page.header("retry-after").parse::<u32>().unwrap());
            break;
        }
    }
    assert!(waits.is_some_and(|seconds| (1..=900).contains(&seconds)), "{waits:?}");
    assert_eq!(enter(&mut guesser, PASSWORD).status, 429, "also with the right one");

    let mut browser = Browser::new(&world);
    browser.cookies.push(("hattama-device".to_owned(), device));
    let ticket = ticket(&enter(&mut browser, PASSWORD));
    let second = format!("ticket={ticket}&code={}", code_now(&secret, 1));
    assert_eq!(browser.post("/enter/second", &second).status, 303);
    assert!(browser.is_in());
}

#[test]
fn a_form_of_another_site_changes_nothing_and_no_page_is_framed_or_kept() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    browser.get(&format!("/enter?token={}", world.made().operator_token));
    let home = browser.home.clone();
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[],
        &[("origin", home.as_str()), ("sec-fetch-site", "cross-site")],
        &[("origin", home.as_str()), ("sec-fetch-site", "same-site")],
    ] {
        for (path, form) in [
            ("/account/language", "language=kk"),
            ("/people", "name=mallory&display=m"),
            ("/enter", "name=op&password=x"),
            ("/leave", "x=1"),
            ("/welcome", "invitation=x&password=x&code=1"),
        ] {
            let page = browser.send("POST", path, headers, form);
            assert_eq!(page.status, 403, "{path} {headers:?}");
        }
    }
    for path in ["/", "/enter", "/account", "/people", "/audit", "/step-up"] {
        let page = browser.get(path);
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        assert!(
            page.header("content-security-policy").contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert!(page.text.len() < 100 * 1024, "{path}");
    }
    for next in ["https://evil.example", "//evil.example", "/%5Cevil.example"] {
        let token = &world.made().operator_token;
        let page = browser.get(&format!("/enter?token={token}&next={next}"));
        assert_eq!(page.header("location"), "/", "{next}");
    }
}

#[test]
fn somebody_is_invited_and_gets_roles_when_another_admin_confirms() {
    let mut world = World::new();
    let (mut first, _) = settled(&world);
    let invited = first.post("/people", "name=anna&display=Anna&role=reviewer");
    assert_eq!(invited.status, 200, "{}", invited.text);
    let link = between(&invited.text, "/welcome?invitation=", "</code>").to_owned();

    let mut anna = Browser::new(&world);
    let page = anna.get(&format!("/welcome?invitation={link}")).text;
    let code = code_now(&secret(&page), 0);
    let form = format!("invitation={link}&password=some+four+plain+words&code={code}");
    let welcomed = anna.post("/welcome", &form);
    assert!(welcomed.status == 200 && welcomed.text.contains("<li><code>"), "{}", welcomed.text);
    assert!(anna.is_in());
    assert_eq!(anna.get("/compare").status, 403, "no role yet");
    let mut late = Browser::new(&world);
    let again = late.post("/welcome", &form);
    assert!(!late.is_in() && again.status == 200, "a link works once");

    // Whoever proposed it cannot confirm it.
    let change = between(&first.get("/people").text, "action=\"/role-changes/", "\"").to_owned();
    let own = first.post(&format!("/role-changes/{change}"), "decision=confirm");
    assert_eq!(own.status, 422, "{}", own.text);

    world.end(Ending::InOrder);
    let store = Connection::open(world.data().join("hq.db")).unwrap();
    store
        .execute(
            "insert into account (name, display, roles, state, version, created_at_ms,
             updated_at_ms) values ('second', 'Second', 'admin', 'active', 1, 0, 0)",
            [],
        )
        .unwrap();
    store
        .execute(
            "insert into account_token (token_hash, account, name, stepped_up, created_at_ms)
             values (?1, 'second', 't', 1, 0)",
            [hattama_proto::id::to_hex(
                ring::digest::digest(&ring::digest::SHA256, b"second-token").as_ref(),
            )],
        )
        .unwrap();
    drop(store);
    world.start();
    let mut second = Browser::new(&world);
    second.get("/enter?token=second-token");
    let confirmed = second.post(&format!("/role-changes/{change}"), "decision=confirm");
    assert_eq!(confirmed.status, 303, "{}", confirmed.text);
    anna.home = format!("http://{}", world.address());
    assert!(!anna.is_in(), "other roles end one's sessions");
    let mut again = second.get("/people").text;
    again.retain(|one| one != '\n');
    assert!(again.contains("reviewer"));
    let audit = second.get("/audit").text;
    for action in ["account-invited", "invitation-accepted", "roles-confirmed"] {
        assert!(audit.contains(action), "{action}");
    }
}
