//! A session that ends while somebody types: nothing typed is lost, and it is taken once.

use std::collections::BTreeSet;

use hattama_tests::world::{Wire, World};
use serde_json::json;

use super::{
    office::{Person, document, figures, hire, mismatch},
    on_both_engines,
};

on_both_engines![
    what_was_typed_when_the_session_ended_is_sent_once_after_entering_again,
    what_was_typed_is_offered_to_its_writer_only,
];

/// A browser without scripts.
struct Browser {
    agent: ureq::Agent,
    home: String,
    cookie: String,
}

struct Page {
    status: u16,
    leads: String,
    text: String,
}

impl Browser {
    fn new(world: &World) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Self { agent, home: format!("http://{}", world.address()), cookie: String::new() }
    }

    fn send(&mut self, method: &str, path: &str, form: &str) -> Page {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.home))
            .header("accept", "text/html")
            .header("accept-language", "en")
            .header("origin", &self.home)
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = if method == "GET" {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(form.to_owned()).unwrap())
        };
        let mut answer = answer.unwrap();
        if let Some(cookie) = answer.headers().get("set-cookie") {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        let leads = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        Page {
            status: answer.status().as_u16(),
            leads: leads.unwrap_or_default(),
            text: answer.body_mut().read_to_string().unwrap(),
        }
    }

    /// Enters with the token of an account, and with what else the page's form holds.
    fn enter(&mut self, token: &str, more: &str) -> Page {
        self.send("POST", "/enter", &format!("token={token}{more}"))
    }
}

/// Names and values of the hidden fields of the form that goes there, as the browser sends them.
fn hidden(page: &str, action: &str) -> String {
    let form = page.split(&format!("action=\"{action}\"")).nth(1);
    let form = form.unwrap_or_else(|| panic!("no form for {action}: {page}"));
    let form = form.split("</form>").next().unwrap();
    let mut sent = String::new();
    for field in form.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = field.split_once('"').unwrap();
        let value = rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        let plain = |text: &str| text.replace(':', "%3A").replace(' ', "+").replace('/', "%2F");
        sent.push_str(&format!("&{}={}", plain(name), plain(value)));
    }
    sent
}

/// Fields that are sent, whatever their order.
fn fields(sent: &str) -> BTreeSet<&str> {
    sent.split('&').collect()
}

const FORM: &str = "shows=figures&line%3Avoters=900&line%3Ainvalid=1&line%3Avalid=12\
     &contest%3Apresident%3Aheron=5&contest%3Apresident%3Alark=3&contest%3Apresident%3Acrane=4";

/// The first document is on a typist's screen.
fn begins(world: &World, name: &str) -> (Browser, String, String) {
    let mut browser = Browser::new(world);
    assert_eq!(browser.enter(name, "").status, 303);
    let at = browser.send("POST", "/transcription", "").leads;
    let page = browser.send("GET", &at, "").text;
    let id = page.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    (browser, at, id.to_owned())
}

/// Ends every session of an account from elsewhere.
fn ends(world: &World, name: &str) {
    let path = format!("/v1/accounts/{name}/sessions/end");
    let answer = world.wire().post(&path, &json!({}));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn what_was_typed_when_the_session_ended_is_sent_once_after_entering_again(world: &mut World) {
    hire(world, &["anna", "bek"]);
    mismatch(world, "0-0-0", 1);
    let (mut anna, at, id) = begins(world, "anna");
    ends(world, "anna");
    let form = format!("id={id}&{FORM}");
    let refused = anna.send("POST", &at, &form);
    assert_eq!(refused.status, 401);
    assert!(refused.text.contains("what you typed goes along"), "{}", refused.text);
    let travels = hidden(&refused.text, "/enter");
    assert!(travels.contains(".line%3Avoters=900"), "{travels}");
    // A slip on the way loses nothing.
    let slip = anna.enter("no-such-token", &travels);
    assert_eq!(fields(&hidden(&slip.text, "/enter")), fields(&travels));
    let again = anna.enter("anna", &travels);
    assert!(again.status == 200 && again.text.contains("You are in again"), "{}", again.text);
    let kept = hidden(&again.text, &at);
    let kept = kept.trim_start_matches('&');
    assert!(kept.contains(&id), "the same entry: {kept}");
    for _ in 0..2 {
        let sent = anna.send("POST", &at, kept);
        assert_eq!((sent.status, sent.leads.as_str()), (303, "/transcription?told=kept"));
    }
    let (_, state) = Person::of(world, "bek").type_next(2, &figures(900, 5));
    assert_eq!(state, "settled", "one entry of each");
    let transcribed = document(world, "0-0-0")["transcribed"].clone();
    assert_eq!(transcribed["transcribed"]["lines"]["voters"], 900, "{transcribed}");
}

fn what_was_typed_is_offered_to_its_writer_only(world: &mut World) {
    hire(world, &["anna", "bek"]);
    mismatch(world, "0-0-0", 1);
    let (mut anna, at, id) = begins(world, "anna");
    ends(world, "anna");
    let form = format!("id={id}&{FORM}");
    let travels = hidden(&anna.send("POST", &at, &form).text, "/enter");
    // Somebody else enters at the same screen, or with nothing of a session that was.
    let cookie = anna.cookie.clone();
    let other = anna.enter("bek", &travels);
    assert_eq!((other.status, other.leads.as_str()), (303, at.as_str()), "{}", other.text);
    let mut fresh = Browser::new(world);
    let nobody = fresh.enter("anna", &travels);
    assert_eq!((nobody.status, nobody.leads.as_str()), (303, at.as_str()), "{}", nobody.text);
    // What another site sends is not kept, nor what goes elsewhere.
    let wire = Wire::to(world.address(), "nobody");
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "text/html"),
        ("cookie", cookie.as_str()),
        ("origin", "https://evil.example"),
    ];
    let evil = wire.send("POST", &at, &headers, form.as_bytes()).unwrap();
    assert!(!evil.text().contains("kept."), "{}", evil.text());
    anna.cookie = cookie;
    let elsewhere = travels.replace("kept-to=%2Ftranscription", "kept-to=%2Faccount");
    assert_eq!(anna.enter("anna", &elsewhere).status, 303);
    let (_, state) = Person::of(world, "bek").type_next(3, &figures(900, 5));
    assert_eq!(state, "blind", "of the other nothing was taken");
}
