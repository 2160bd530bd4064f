//! `atuin-server`: keeps records that its clients encrypted, in the order of each client.

use std::{ops::Range, path::Path, process::Command};

use serde::Deserialize;
use serde_json::json;

use super::{
    records::{RecordServer, Request},
    running::{Running, free_address, scratch},
};
use crate::bench::{
    client::{Answer, Connection},
    postgres::Server,
};

/// Clients of the load, each with an order of its own, as there are devices.
const HOSTS: usize = 200;

/// One that serves.
pub(super) struct Atuin {
    running: Running,
    session: String,
}

impl Atuin {
    /// With its records in SQLite, or in PostgreSQL.
    pub(super) fn start(installed: &Path, database: Option<Server>) -> Result<Self, String> {
        let program = super::installed(installed, "bin/atuin-server")?;
        let (folder, address) = (scratch(), free_address());
        let url = database.as_ref().map_or_else(
            || format!("sqlite://{}", folder.path().join("atuin.db").display()),
            |server| server.database("atuin"),
        );
        let mut command = Command::new(program);
        command.args(["start", "--host", "127.0.0.1", "--port", &address.port().to_string()]);
        command.env("ATUIN_CONFIG_DIR", folder.path()).env("ATUIN_DB_URI", url);
        command.env("ATUIN_OPEN_REGISTRATION", "true");
        let running = Running::start(&command, address, folder, database)?;

        #[derive(Deserialize)]
        struct Registered {
            session: String,
        }
        let account =
            json!({"username": "bench", "email": "bench@example.org", "password": "bench"});
        let json = "Content-Type: application/json\r\n";
        let body = account.to_string();
        let (status, body) =
            Connection::open(address).request("POST", "/register", json, body.as_bytes());
        let registered: Registered = serde_json::from_slice(&body)
            .map_err(|_| format!("{status}: {}", String::from_utf8_lossy(&body)))?;
        Ok(Self { running, session: registered.session })
    }

    fn headers(&self) -> String {
        format!("Content-Type: application/json\r\nAuthorization: Token {}\r\n", self.session)
    }
}

fn host(number: usize) -> String {
    uuid::Uuid::from_u128((number % HOSTS) as u128 + 1).to_string()
}

impl RecordServer for Atuin {
    fn running(&self) -> &Running {
        &self.running
    }

    fn request(&self, records: &[String], which: Range<usize>) -> Request {
        let records: Vec<_> = which
            .map(|number| {
                json!({
                    "id": uuid::Uuid::from_u128(number as u128 + 1),
                    "idx": number / HOSTS,
                    "host": {"id": host(number), "name": ""},
                    "timestamp": number,
                    "version": "v0",
                    "tag": "bench",
                    // Where a client puts what it encrypted, and the key, wrapped; opaque to the server.
                    "data": {"data": records[number], "content_encryption_key": "{}"},
                })
            })
            .collect();
        let body = serde_json::to_vec(&records).expect("plain data");
        let records = records.len() as u64;
        Request { path: "/api/v0/record".into(), headers: self.headers(), body, records }
    }

    /// It says nothing of single records: all of them, or an error.
    fn stored(&self, answer: &Answer, sent: u64) -> u64 {
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        sent
    }

    fn read_back(
        &self,
        connection: &mut Connection,
        _: &[String],
        number: usize,
        _: &Answer,
    ) -> String {
        #[derive(Deserialize)]
        struct Record {
            data: Data,
        }
        #[derive(Deserialize)]
        struct Data {
            data: String,
        }
        let (host, start) = (host(number), number / HOSTS);
        let path = format!("/api/v0/record/next?host={host}&tag=bench&start={start}&count=1");
        let (status, body) = connection.request("GET", &path, &self.headers(), b"");
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        let records: Vec<Record> = serde_json::from_slice(&body).expect("records");
        records.into_iter().next().expect("the record that was stored").data.data
    }
}
