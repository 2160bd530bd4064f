//! What a headquarters tells a balancer and those who look after it, and that it tells nobody else.

use std::{
    collections::BTreeSet,
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};

use hattama_tests::world::{Answer, Wire};

use crate::programs::Bench;

/// A port that is free now.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn ask(url: &str, path: &str) -> Answer {
    let address: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
    Wire::to(address, "nobody").get(path)
}

/// The value of one series.
fn value(text: &str, series: &str) -> Option<f64> {
    let mut lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    lines.find(|(name, _)| *name == series).map(|(_, value)| value.parse().unwrap())
}

fn deployed(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/deploy");
    fs::read_to_string(folder.join(file)).unwrap()
}

/// The names of our figures that a dashboard or a rule asks for.
fn asked_for(text: &str) -> BTreeSet<&str> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    text.split(word)
        .filter(|word| word.starts_with("hattama_") || word.starts_with("process_"))
        .collect()
}

#[test]
fn figures_tell_what_arrived_and_nothing_about_anybody() {
    let mut bench = Bench::new();
    bench.init();
    let metrics = format!("http://127.0.0.1:{}", port());
    bench.variables.push(("HATTAMA_METRICS", metrics.trim_start_matches("http://").to_owned()));
    let serving = bench.serve();
    let invite = ["invite", "--label", "Fictive Heron", "--org", "observers", "--unit", "101"];
    let invitation = bench.hattama(invite).done();
    let invitation = invitation.lines().find(|line| line.starts_with("HATTAMA1.")).unwrap();
    bench.observer(["enrol", invitation]).done();
    let photo = bench.path("page.bin");
    fs::write(&photo, vec![7; 70_000]).unwrap();
    let photo = photo.display().to_string();
    let protocol = ["protocol", "--unit", "101", "--form", "protocol", "--copy", "certified"];
    let figures = ["--photo", &photo, "registered=1200", "found=960"];
    bench.observer(protocol.into_iter().chain(figures)).done();
    bench.observer(["sync"]).done();
    // What is left on the phone is told with each request, so that the last one still counts its own.
    bench.observer(["sync"]).done();

    let text = ask(&metrics, "/metrics").text();
    for (series, least) in [
        ("hattama_records_total{verdict=\"stored\"}", 1.0),
        ("hattama_photos_total", 1.0),
        ("hattama_photo_received_bytes_total", 70_000.0),
        ("hattama_log_entries", 3.0),
        ("hattama_devices_enrolled", 2.0),
        ("hattama_devices_heard", 1.0),
        ("hattama_log_wait_seconds_count{outcome=\"logged\"}", 1.0),
        ("hattama_photo_store_seconds_count{kind=\"keep\",outcome=\"done\"}", 1.0),
        ("hattama_store_seconds_count{kind=\"commit\",outcome=\"answered\"}", 1.0),
        ("hattama_http_requests_total{route=\"/v1/records\",method=\"POST\",status=\"2xx\"}", 1.0),
    ] {
        assert!(value(&text, series).is_some_and(|found| found >= least), "{series}: {text}");
    }
    for (series, exactly) in [
        ("hattama_log_stopped", 0.0),
        ("hattama_disk_refused", 0.0),
        ("hattama_waiting_on_phones{lane=\"originals\"}", 0.0),
    ] {
        assert_eq!(value(&text, series), Some(exactly), "{series}");
    }
    // Whoever reads figures learns of no person, no precinct, no key and no photograph.
    let devices = bench.hattama(["devices", "--json"]).json();
    let devices = devices.as_array().unwrap();
    let secrets = devices.iter().flat_map(|device| ["kid", "person"].map(|name| &device[name]));
    let secrets: Vec<&str> = secrets.map(|value| value.as_str().unwrap()).collect();
    assert!(secrets.len() >= 4);
    for secret in secrets.into_iter().chain(["Heron", "101\"", "tiny-exercise"]) {
        assert!(!text.contains(secret), "{secret} is in: {text}");
    }
    // Every figure that is drawn or watched exists once something has happened.
    for file in ["grafana.json", "alerts.yml"] {
        for name in asked_for(&deployed(file)) {
            let is_there = text.lines().any(|line| {
                line.strip_prefix("# TYPE ").is_some_and(|rest| {
                    let family = rest.split(' ').next().unwrap();
                    let rest = name.strip_prefix(family);
                    rest.is_some_and(|rest| {
                        ["", "_total", "_bucket", "_sum", "_count"].contains(&rest)
                    })
                })
            });
            assert!(is_there, "{file} asks for {name}");
        }
    }
    // And not on the socket that everybody reaches.
    assert_eq!(ask(&serving.url, "/metrics").status, 404);
    #[cfg(unix)]
    assert_eq!(serving.terminate(), 0);
}

#[cfg(unix)]
#[test]
fn a_headquarters_that_leaves_says_so_and_answers_on_until_it_is_gone() {
    let mut bench = Bench::new();
    bench.init();
    bench.variables.push(("HATTAMA_LEAVE_SECONDS", "5".to_owned()));
    let serving = bench.serve();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(&serving.url, path).status, 200, "{path}");
    }
    let url = serving.url.clone();
    let ending = std::thread::spawn(move || serving.terminate());
    let mut answer = ask(&url, "/readyz");
    // Ends at the latest when nobody answers any more, which fails.
    while answer.status == 200 {
        std::thread::sleep(Duration::from_millis(20));
        answer = ask(&url, "/readyz");
    }
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("store-unavailable")));
    assert!(answer.text().contains("about to stop"), "{}", answer.text());
    // Whoever comes all the same is served.
    assert_eq!(ask(&url, "/healthz").status, 200);
    assert_eq!(ask(&url, "/v1/hello").status, 200);
    assert_eq!(ending.join().unwrap(), 0);
}
