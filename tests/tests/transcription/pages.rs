//! The pages, as a browser without scripts uses them.

use hattama_tests::world::World;

use super::{
    office::{MISTYPED, Person, TYPED, document, figures, hire, mismatch},
    on_both_engines,
};

on_both_engines![
    two_people_type_a_document_with_nothing_but_forms,
    a_page_on_a_blind_seat_shows_nothing_but_the_photographs,
    a_wrong_precinct_is_answered_on_its_page,
];

/// A browser of somebody whose token is their name.
struct Browser {
    agent: ureq::Agent,
    home: String,
    name: &'static str,
}

impl Browser {
    fn of(world: &World, name: &'static str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Self { agent, home: format!("http://{}", world.address()), name }
    }

    /// Status, where it leads, and the page.
    fn send(&self, method: &str, path: &str, form: &str) -> (u16, String, String) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.home))
            .header("accept", "text/html")
            .header("accept-language", "en")
            .header("origin", &self.home)
            .header("cookie", format!("hattama={}", self.name))
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = if method == "GET" {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(form.to_owned()).unwrap())
        };
        let mut answer = answer.unwrap();
        let leads = answer.headers().get("location");
        let leads = leads.map_or_else(String::new, |to| to.to_str().unwrap().to_owned());
        (answer.status().as_u16(), leads, answer.body_mut().read_to_string().unwrap())
    }

    fn page(&self, path: &str) -> String {
        let (status, _, page) = self.send("GET", path, "");
        assert_eq!(status, 200, "{path}: {page}");
        page
    }

    fn post(&self, path: &str, form: &str) -> (u16, String, String) {
        self.send("POST", path, form)
    }

    /// Takes the next document; where it is.
    fn take(&self) -> String {
        let (status, to, page) = self.post("/transcription", "");
        assert_eq!(status, 303, "{page}");
        to
    }
}

/// The value of a hidden or visible field.
fn field(page: &str, name: &str) -> String {
    let from = page.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("{name} in {page}"));
    let value = page[from..].split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

const FORM: &str = "line%3Avoters=1+204&line%3Ainvalid=1&line%3Avalid=12\
     &contest%3Apresident%3Aheron=5&contest%3Apresident%3Alark=3&contest%3Apresident%3Acrane=4";

fn two_people_type_a_document_with_nothing_but_forms(world: &mut World) {
    hire(world, &["anna", "bek"]);
    mismatch(world, "0-0-0", 1);
    let (anna, bek) = (Browser::of(world, "anna"), Browser::of(world, "bek"));
    assert!(anna.page("/transcription").contains("Take the next document"));
    let at = anna.take();
    let page = anna.page(&at);
    assert!(page.contains("<img src=\"/v1/photos/"), "{page}");
    assert!(page.len() < 100 * 1024);
    for inline in ["<script>", " style=", " onclick="] {
        assert!(!page.contains(inline), "{inline}");
    }
    let id = field(&page, "id");
    // A letter among the digits: the page again, and nothing lost, not even the id.
    let (status, _, again) =
        anna.post(&at, &format!("id={id}&shows=figures&{}", FORM.replace("=12", "=1z")));
    assert_eq!(status, 200);
    assert!(again.contains("Only digits and blanks") && again.contains("aria-invalid"), "{again}");
    assert_eq!(
        (field(&again, "line:valid"), field(&again, "line:voters")),
        ("1z".into(), "1 204".into())
    );
    assert_eq!(field(&again, "id"), id);
    // What does not add up, and a figure that nobody could read, are asked about once.
    let odd = FORM.replace("=12", "=13").replace("invalid=1", "invalid=");
    let (status, _, again) = anna.post(&at, &format!("id={id}&shows=figures&{odd}"));
    assert_eq!(status, 200);
    assert!(again.contains("send anyway") && again.contains("does not hold"), "{again}");
    assert!(again.contains("Left empty, as illegible: invalid"), "{again}");
    let (status, to, _) = anna.post(&at, &format!("id={id}&shows=figures&anyway=1&{odd}"));
    assert_eq!((status, to.as_str()), (303, "/transcription?told=kept"));
    // Sent twice, it is kept once.
    let (status, to, _) = anna.post(&at, &format!("id={id}&shows=figures&anyway=1&{odd}"));
    assert_eq!((status, to.as_str()), (303, "/transcription?told=kept"));

    assert_eq!(bek.take(), at);
    let id = field(&bek.page(&at), "id");
    let (_, to, _) = bek.post(&at, &format!("id={id}&shows=figures&anyway=1&{odd}"));
    assert_eq!(to, "/transcription?told=settled");
    let transcribed = document(world, "0-0-0")["transcribed"].clone();
    assert_eq!(transcribed["transcribed"]["lines"]["voters"], 1204, "{transcribed}");
    assert_eq!(transcribed["transcribed"]["lines"]["invalid"], serde_json::Value::Null);
    let file = bek.page("/units/0-0-0?lang=en");
    assert!(file.contains("settled by transcription"), "{file}");
    for (language, word) in [("kk", "анықталды"), ("ru", "расшифровано")] {
        assert!(bek.page(&format!("/transcription?lang={language}")).contains(word));
        assert!(bek.page(&format!("{at}?lang={language}")).contains("1\u{202f}204"));
    }
}

fn a_page_on_a_blind_seat_shows_nothing_but_the_photographs(world: &mut World) {
    hire(world, &["anna", "bek", "dina"]);
    mismatch(world, "0-0-0", 1);
    Person::of(world, "anna").type_next(1, &figures(912_345, 61_616_161));
    let bek = Browser::of(world, "bek");
    let at = bek.take();
    let seen = bek.page(&at).replace('\u{202f}', "");
    for hidden in [TYPED, MISTYPED, 912_345, 61_616_161] {
        assert!(!seen.contains(&hidden.to_string()), "{hidden} in {seen}");
    }
    for hidden in ["anna", "/units/0-0-0", "/records/", "mismatch"] {
        assert!(!seen.contains(hidden), "{hidden} in {seen}");
    }
    // A third sees both, and which of the two is whose nowhere.
    Person::of(world, "bek").type_next(2, &figures(900, 5));
    let dina = Browser::of(world, "dina");
    let seen = dina.page(&dina.take()).replace('\u{202f}', "");
    assert!(seen.contains("61616161") && seen.contains("912345"), "{seen}");
    for hidden in ["anna", "bek", "/units/0-0-0"] {
        assert!(!seen.contains(hidden), "{hidden} in {seen}");
    }
    // Back it goes, from its page.
    let (_, to, _) = dina.post(&dina.take(), "act=back");
    assert_eq!(to, "/transcription?told=back");
    assert_eq!(dina.take(), "/transcription?told=nothing");
}

fn a_wrong_precinct_is_answered_on_its_page(world: &mut World) {
    hire(world, &["anna", "bek"]);
    mismatch(world, "0-0-0", 1);
    let mut at = String::new();
    for name in ["anna", "bek"] {
        let browser = Browser::of(world, name);
        at = browser.take();
        let id = field(&browser.page(&at), "id");
        let (status, _, page) = browser.post(&at, &format!("id={id}&shows=wrong_unit&unit="));
        assert!(status == 200 && page.contains("Type the number of the precinct"), "{page}");
        let (status, ..) = browser.post(&at, &format!("id={id}&shows=wrong_unit&unit=1-1-1"));
        assert_eq!(status, 303);
    }
    let anna = Browser::of(world, "anna");
    assert!(anna.page("/transcription").contains(&at));
    assert!(anna.page(&at).contains("What becomes of these records?"));
    let answer = format!("{at}/proposal");
    let (status, _, page) = anna.post(&answer, "answer=follow&reason=");
    assert!(status == 200 && page.contains("say why"), "{page}");
    let (status, ..) = anna.post(&answer, "answer=follow&reason=the+number+on+the+sheet");
    assert_eq!(status, 303);
    assert_eq!(document(world, "1-1-1")["entries"].as_array().unwrap().len(), 2);
    assert!(!anna.page(&at).contains("What becomes of these records?"));
}
