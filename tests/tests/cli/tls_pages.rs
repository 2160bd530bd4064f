//! The pages over TLS, as a browser has them: cookies that only this host and only TLS can set, forms
//! from our own pages only, nothing framed, nothing kept on a disk, and no way out to other sites.

use std::fs;

use hattama_server::http::addresses;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use ureq::{
    http::HeaderMap,
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::programs::{Bench, Serving};

/// A browser that trusts one certificate and keeps what cookies it is told to.
struct Browser {
    agent: ureq::Agent,
    home: String,
    cookies: Vec<String>,
}

struct Page {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|one| one.to_str().unwrap()).collect()
    }
}

impl Browser {
    fn new(certificate: &[u8], home: &str) -> Self {
        let roots = RootCerts::from(vec![Certificate::from_der(certificate).to_owned()]);
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        Self { agent: config.into(), home: home.to_owned(), cookies: Vec::new() }
    }

    fn send(&self, method: &str, path: &str, origin: &str, form: &str) -> Page {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.home))
            .header("accept", "text/html")
            .header("cookie", self.cookies.join("; "));
        if !origin.is_empty() {
            request = request.header("origin", origin);
        }
        let answer = if method == "GET" {
            self.agent.run(request.body(()).unwrap())
        } else {
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            self.agent.run(request.body(form.to_owned()).unwrap())
        };
        let mut answer = answer.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        Page { status, headers, text }
    }

    fn post(&self, path: &str, form: &str) -> Page {
        self.send("POST", path, &self.home, form)
    }
}

/// A headquarters with a certificate of its own.
fn over_tls(bench: &Bench) -> (Serving, Vec<u8>) {
    bench.init();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["127.0.0.1".into(), "localhost".into()]).unwrap();
    fs::write(bench.path("cert.pem"), cert.pem()).unwrap();
    fs::write(bench.path("key.pem"), signing_key.serialize_pem()).unwrap();
    let folder = bench.arg("hq");
    let password = ["user", "--folder", &folder, "password", "operator"];
    bench.hattama_told(password, "four plain words here\n").done();
    let (cert_file, key_file) = (bench.arg("cert.pem"), bench.arg("key.pem"));
    let serving = bench.serve_with(&["--tls-cert", &cert_file, "--tls-key", &key_file]);
    (serving, cert.der().to_vec())
}

#[test]
fn over_tls_a_session_is_a_cookie_of_this_host_alone() {
    let bench = Bench::new();
    let (serving, certificate) = over_tls(&bench);
    let mut browser = Browser::new(&certificate, &serving.url);
    let form = "name=operator&password=four+plain+words+here";
    // The same host without TLS is somebody else's page.
    let plain = serving.url.replace("https://", "http://");
    for foreign in [plain.as_str(), "https://evil.example", "null", ""] {
        assert_eq!(browser.send("POST", "/enter", foreign, form).status, 403, "{foreign}");
    }
    let entered = browser.post("/enter", form);
    assert_eq!((entered.status, entered.header("location")), (303, "/account"));
    let cookies = entered.cookies();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for (cookie, name) in cookies.iter().zip(["__Host-hattama=", "__Host-hattama-device="]) {
        assert!(cookie.starts_with(name), "{cookie}");
        for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.to_lowercase().contains("domain="), "{cookie}");
    }
    let pair = cookies[0].split(';').next().unwrap().to_owned();
    // Under the name that a page without TLS could have set, it is nothing.
    browser.cookies = vec![pair.replace("__Host-", "")];
    assert_eq!(browser.send("GET", "/account", "", "").status, 401);
    browser.cookies = vec![pair.clone()];
    assert_eq!(browser.send("GET", "/account", "", "").status, 200);

    // A form of another site changes nothing, whatever cookie comes with it.
    for foreign in [plain.as_str(), "https://evil.example", "null", ""] {
        for path in ["/account/language", "/account/recovery-codes", "/leave", "/v1/account/totp"] {
            assert_eq!(browser.send("POST", path, foreign, "language=kk").status, 403, "{path}");
        }
    }
    assert_eq!(browser.post("/account/language", "language=kk").status, 303);
    let left = browser.post("/leave", "x=1");
    let gone = left.cookies();
    assert!(gone[0].starts_with("__Host-hattama=;") && gone[0].contains("Max-Age=0"), "{gone:?}");
    assert!(gone[0].contains("; Secure"), "a browser takes no other for it: {gone:?}");
    assert_eq!(browser.send("GET", "/account", "", "").status, 401);
}

#[test]
fn no_answer_is_framed_or_runs_anything_and_what_people_see_is_kept_nowhere() {
    let bench = Bench::new();
    let (serving, certificate) = over_tls(&bench);
    let mut browser = Browser::new(&certificate, &serving.url);
    let token = fs::read_to_string(bench.path("token")).unwrap();
    let entered = browser.post("/enter", &format!("token={}", token.trim()));
    browser.cookies = vec![entered.cookies()[0].split(';').next().unwrap().to_owned()];
    // A stream does not end, and whoever leaves is not asked on.
    let left_out = ["/v1/incidents/stream", "/leave"];
    for address in addresses().filter(|one| !left_out.contains(&one.pattern)) {
        let path = address.pattern.replace("{tile}*", "0/000").replace("{code}", "101");
        let path = path.replace(['{', '}'], "");
        let page = match address.method.as_str() {
            "GET" => browser.send("GET", &path, "", ""),
            "POST" => browser.post(&path, "x=1"),
            _ => continue,
        };
        let what = format!("{} {path}: {}", address.method, page.status);
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{what}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{what}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
        assert!(!policy.contains("unsafe"), "{what}: {policy}");
        let is_public =
            ["/assets/", "/log/", "/public/", "/v1/accounting", "/v1/openapi.json", "/v1/packs/"]
                .iter()
                .any(|public| path.starts_with(public));
        assert!(is_public || page.header("cache-control") == "no-store", "{what}");
        assert!(!page.text.contains("<script>"), "{what}");
        // Wherever an answer leads, it is this very site.
        let leads = page.header("location");
        assert!(leads.is_empty() || (leads.starts_with('/') && !leads.starts_with("//")), "{what}");
    }
    for next in ["https://evil.example", "//evil.example", "/%5Cevil.example", "%2F%2Fevil.example"]
    {
        let form = format!("token={}&next={next}", token.trim());
        assert_eq!(browser.post("/enter", &form).header("location"), "/", "{next}");
    }
}
