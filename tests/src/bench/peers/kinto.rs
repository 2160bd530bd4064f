//! Kinto: keeps JSON objects in collections, here in PostgreSQL, behind gunicorn.

use std::{fs, ops::Range, path::Path, process::Command};

use serde_json::{Value, json};

use super::{
    records::{CONNECTIONS, RecordServer, Request},
    running::{Running, free_address, scratch},
};
use crate::bench::{
    client::{Answer, Connection},
    postgres::Server,
    records::BATCH,
};

/// Processes of gunicorn, one a core; together they have a thread for each connection.
const WORKERS: usize = 2;

/// Where the collections are.
const BUCKET: &str = "/v1/buckets/bench";
/// Collections, as many as batches are under way. Into one, Kinto takes one batch at a time: of two,
/// it refused the other with "integrity constraint violated, please retry".
const COLLECTIONS: usize = CONNECTIONS;

/// A name and a password: the first who uses a name is who it is.
const HEADERS: &str = "Content-Type: application/json\r\nAuthorization: Basic YmVuY2g6YmVuY2g=\r\n";

/// One that serves.
pub(super) struct Kinto {
    running: Running,
}

impl Kinto {
    pub(super) fn start(installed: &Path, database: Server) -> Result<Self, String> {
        let gunicorn = super::installed(installed, "kinto/bin/gunicorn")?;
        let kinto = super::installed(installed, "kinto/bin/kinto")?;
        let (folder, address) = (scratch(), free_address());
        let settings = folder.path().join("kinto.ini");
        let url = database.database("kinto").replacen("postgres:", "postgresql+psycopg2:", 1);
        fs::write(&settings, configuration(&url)).map_err(|error| error.to_string())?;

        // Its tables.
        let made = Command::new(kinto).arg("migrate").arg("--ini").arg(&settings).output();
        let made = made.map_err(|error| error.to_string())?;
        if !made.status.success() {
            return Err(format!("kinto migrate: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let mut command = Command::new(gunicorn);
        command.arg("--paste").arg(&settings).args(["--bind", &address.to_string()]);
        command.args(["--workers", &WORKERS.to_string(), "--worker-class", "gthread"]);
        command.args(["--threads", &(CONNECTIONS / WORKERS).to_string()]);
        // Longer than the load, so that no connection is closed under it; and a quick end.
        command.args(["--keep-alive", "120", "--graceful-timeout", "2"]);
        let running = Running::start(&command, address, folder, Some(database))?;

        let mut connection = Connection::open(address);
        let collections = (0..COLLECTIONS).map(collection);
        for place in std::iter::once(BUCKET.to_owned()).chain(collections) {
            let (status, body) = connection.request("PUT", &place, HEADERS, b"{}");
            if status != 201 {
                return Err(format!("{place}: {status}: {}", String::from_utf8_lossy(&body)));
            }
        }
        Ok(Self { running })
    }
}

fn collection(number: usize) -> String {
    format!("{BUCKET}/collections/protocols-{}", number % COLLECTIONS)
}

/// Everything durable in PostgreSQL; a batch may be as large as ours.
fn configuration(url: &str) -> String {
    let mut lines = vec!["[app:main]".to_owned(), "use = egg:kinto".to_owned()];
    for kind in ["storage", "cache", "permission"] {
        lines.push(format!("kinto.{kind}_backend = kinto.core.{kind}.postgresql"));
        lines.push(format!("kinto.{kind}_url = {url}"));
    }
    lines.push(format!("kinto.batch_max_requests = {BATCH}"));
    lines.push("kinto.userid_hmac_secret = of-a-benchmark".to_owned());
    lines.push("multiauth.policies = basicauth".to_owned());
    lines.push("kinto.bucket_create_principals = system.Authenticated\n".to_owned());
    lines.join("\n")
}

impl RecordServer for Kinto {
    fn running(&self) -> &Running {
        &self.running
    }

    /// A record alone goes without the frame of a batch.
    fn request(&self, records: &[String], which: Range<usize>) -> Request {
        let count = which.len() as u64;
        let object = |record: &String| json!({"data": {"record": record}});
        let place = |number| format!("{}/records", collection(number));
        let (path, body) = match &records[which.clone()] {
            [one] => (place(which.start), object(one)),
            many => {
                let bodies = many.iter().map(|record| json!({"body": object(record)}));
                let defaults = json!({"method": "POST", "path": place(which.start / BATCH)});
                let body = json!({"defaults": defaults, "requests": bodies.collect::<Value>()});
                ("/v1/batch".to_owned(), body)
            }
        };
        let body = body.to_string().into_bytes();
        Request { path, headers: HEADERS.into(), body, records: count }
    }

    /// A batch is one transaction: where one of it conflicts, nothing of it is kept, whatever is said
    /// of the others.
    fn stored(&self, answer: &Answer, _: u64) -> u64 {
        let text = String::from_utf8_lossy(&answer.body);
        match answer.status {
            201 => 1,
            200 => {
                let answer: Value = serde_json::from_str(&text).expect("JSON");
                let each = answer["responses"].as_array().expect("an answer for each");
                let all = each.iter().all(|one| one["status"] == 201);
                if all { each.len() as u64 } else { 0 }
            }
            409 | 503 => 0,
            status => panic!("{status}: {text}"),
        }
    }

    fn read_back(
        &self,
        connection: &mut Connection,
        _: &[String],
        number: usize,
        answer: &Answer,
    ) -> String {
        let made: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let id = made["data"]["id"].as_str().expect("it says what it called it");
        let path = format!("{}/records/{id}", collection(number));
        let (status, body) = connection.request("GET", &path, HEADERS, b"");
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        let back: Value = serde_json::from_slice(&body).expect("JSON");
        back["data"]["record"].as_str().expect("the record that was stored").to_owned()
    }
}
