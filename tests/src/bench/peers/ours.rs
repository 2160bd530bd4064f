//! A headquarters in a process of its own, as peers are.

use std::{io::Write as _, net::SocketAddr, ops::Range, process::Command, thread};

use hattama_proto::{
    id::{ElectionId, PhotoHash, RecordId},
    record::Body,
};
use serde::{Deserialize, Serialize};

use super::{
    files::{FileServer, How, Upload},
    records::{RecordServer, Request},
    running::{Running, scratch},
};
use crate::bench::{
    Places,
    client::{Answer, Connection},
    headquarters::BenchHeadquarters,
    photos::{announce, upload},
    postgres::Server,
    records::{Device, protocols, push_body},
};

/// Devices of the load, as of `bench ingest`.
const DEVICES: usize = 200;

/// What a headquarters says when it serves.
#[derive(Debug, Deserialize, Serialize)]
struct Told {
    address: SocketAddr,
    election: ElectionId,
    /// Of an account that may read.
    token: String,
}

/// Serves a headquarters that knows the devices of the load, until it is stopped: the other half of
/// `bench peers`, which starts it.
pub(in crate::bench) fn serve(places: &Places) {
    let hq = BenchHeadquarters::start(places);
    for number in 0..DEVICES as u64 {
        Device::enrol(&hq, number);
    }
    let election = hq.headquarters.config.election.clone();
    let told = Told { address: hq.address, election, token: hq.token.clone() };
    let line = serde_json::to_string(&told).expect("plain data");
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("somebody reads");
    loop {
        thread::park();
    }
}

/// One that serves.
pub(super) struct Hattama {
    running: Running,
    told: Told,
    /// Records that name the photographs which were announced, by their number.
    announced: Vec<RecordId>,
}

impl Hattama {
    /// With what it keeps in its folder, or the records in PostgreSQL.
    pub(super) fn start(database: Option<Server>) -> Result<Self, String> {
        let folder = scratch();
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.args(["serve-for-peers"]).env("TMPDIR", folder.path());
        if let Some(server) = &database {
            command.args(["--database", &server.database("headquarters")]);
        }
        let read = |line: &str| {
            let told: Told = serde_json::from_str(line).ok()?;
            Some((told.address, told))
        };
        let (running, told) = Running::start_that_tells(&command, folder, database, read)?;
        Ok(Self { running, told, announced: Vec::new() })
    }

    /// Signs so many protocols of the devices' chains, interleaved as on a night.
    pub(super) fn sign(&self, count: usize) -> Vec<String> {
        let sheets = protocols(&[]);
        let mut devices: Vec<Device> = (0..DEVICES as u64).map(Device::new).collect();
        let sheets = sheets.iter().cycle().take(count).enumerate();
        sheets
            .map(|(number, sheet)| {
                let body = Body::Protocol(sheet.clone());
                devices[number % DEVICES].sign(&self.told.election, body)
            })
            .collect()
    }

    /// Photographs are admitted once a record names them.
    pub(super) fn announce(&mut self, photos: &[(PhotoHash, u64)]) {
        let device = &mut Device::new(0);
        let records = announce(self.told.address, device, &self.told.election, photos);
        self.announced = records.iter().map(|text| RecordId::of(text.as_bytes())).collect();
    }

    fn get(&self, connection: &mut Connection, path: &str) -> Vec<u8> {
        let headers = format!("Authorization: Bearer {}\r\n", self.told.token);
        let (status, body) = connection.request("GET", path, &headers, b"");
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        body
    }
}

impl RecordServer for Hattama {
    fn running(&self) -> &Running {
        &self.running
    }

    fn request(&self, records: &[String], which: Range<usize>) -> Request {
        Request {
            path: "/v1/records".into(),
            headers: "Content-Type: application/json\r\n".into(),
            records: which.len() as u64,
            body: push_body(&records[which]),
        }
    }

    fn stored(&self, answer: &Answer, _: u64) -> u64 {
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 200, "{text}");
        let stored = text.matches(r#""verdict":"stored""#).count();
        assert_eq!(stored, text.matches(r#""receipt":{"#).count(), "a receipt for each");
        stored as u64
    }

    fn read_back(
        &self,
        connection: &mut Connection,
        records: &[String],
        number: usize,
        _: &Answer,
    ) -> String {
        #[derive(Deserialize)]
        struct View {
            jws: String,
        }
        let id = RecordId::of(records[number].as_bytes());
        let body = self.get(connection, &format!("/v1/records/{id}"));
        serde_json::from_slice::<View>(&body).expect("a record").jws
    }
}

impl FileServer for Hattama {
    fn running(&self) -> &Running {
        &self.running
    }

    /// In ranges, whatever is asked: there is one way.
    fn upload(&self, connection: &mut Connection, bytes: &[u8], _: How) -> Upload {
        let hash = PhotoHash::of(bytes);
        upload(connection, bytes, hash);
        Upload { place: hash.to_string() }
    }

    /// An original leaves headquarters within the evidence of the record that names it, a zip that
    /// compresses nothing.
    fn read_back(
        &self,
        connection: &mut Connection,
        number: usize,
        _: &Upload,
        length: usize,
    ) -> Vec<u8> {
        let path = format!("/v1/records/{}/evidence", self.announced[number]);
        let zip = self.get(connection, &path);
        let begin = &super::files::picture(number)[..16];
        let at = zip.windows(begin.len()).position(|piece| piece == begin);
        let at = at.expect("the photograph is in the evidence");
        zip[at..at + length].to_vec()
    }
}
