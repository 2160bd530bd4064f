//! Raw requests to headquarters, and its answers as they are.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::SocketAddr,
    time::Duration,
};

use hattama_proto::{
    id::{Kid, PhotoHash, RecordId},
    problem::Problem,
    wire::{
        EnrolmentPush, EnrolmentReply, HAVE_HEADER, PhotoReply, PushReply, PushRequest,
        RecordVerdict, SEALED_HEADER, SealedAs, StatusReply, StatusRequest, WIRE_HEADER,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Device, Signed};

/// Longest wait for an answer. Nothing that headquarters does takes as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest silence of a stream.
const STREAM_PATIENCE: Duration = Duration::from_secs(20);

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Speaks HTTP to one address.
#[derive(Clone, Debug)]
pub struct Wire {
    agent: ureq::Agent,
    address: SocketAddr,
    token: String,
}

/// An answer, from whomever.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Whether it carries headquarters' header.
    pub ours: bool,
    /// Which cells have come, where that was asked.
    pub have: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What headquarters would not do.
pub type Refused = Box<Problem>;

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as what was asked for, or as the refusal that it is.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        assert!(self.ours, "{} {}", self.status, self.text());
        if self.status == 200 {
            return Ok(serde_json::from_slice(&self.body)
                .unwrap_or_else(|error| panic!("{error}: {}", self.text())));
        }
        let problem: Problem = serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()));
        assert_eq!(problem.status, self.status);
        Err(Box::new(problem))
    }
}

impl Wire {
    /// Speaks to `address`, as the operator where that is needed.
    pub fn to(address: SocketAddr, operator_token: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Self { agent, address, token: operator_token.to_owned() }
    }

    /// Any request with a body; none if the connection broke.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answer> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a test makes proper requests");
        let answer = if body.is_empty() && matches!(method, "GET" | "HEAD") {
            self.agent.run(request.map(|_| ()))
        } else {
            self.agent.run(request)
        };
        let mut answer = answer.ok()?;
        let header = |name: &str| {
            answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (ours, have) = (header(WIRE_HEADER).is_some(), header(HAVE_HEADER));
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().ok()?;
        Some(Answer { status, ours, have, body })
    }

    /// Fetches.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], &[]).expect("headquarters answers")
    }

    /// Fetches and reads.
    pub fn get_json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Hands over JSON.
    pub fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        self.try_post(path, body).expect("headquarters answers")
    }

    /// Hands over JSON; none if the connection broke.
    pub fn try_post(&self, path: &str, body: &impl Serialize) -> Option<Answer> {
        let body = serde_json::to_vec(body).expect("a test's body is JSON");
        self.send("POST", path, &[("content-type", "application/json")], &body)
    }

    /// Pushes a batch.
    pub fn push(&self, batch: &PushRequest) -> Result<PushReply, Refused> {
        self.post("/v1/records", batch).read()
    }

    /// Pushes records of keys that headquarters knows.
    pub fn push_all<'a>(&self, records: impl IntoIterator<Item = &'a Signed>) -> PushReply {
        let records = records.into_iter().map(|record| record.text.clone()).collect();
        self.push(&PushRequest { records, ..PushRequest::default() }).expect("it is a batch")
    }

    /// Pushes one record and tells its verdict.
    pub fn push_one(&self, record: &Signed) -> RecordVerdict {
        self.push_all([record]).results.pop().expect("one in, one out")
    }

    /// Pushes one record together with its device's key.
    pub fn push_with_key(&self, record: &Signed, device: &Device) -> RecordVerdict {
        let batch = PushRequest {
            records: vec![record.text.clone()],
            keys: [(device.kid(), device.public_key())].into(),
            seen: None,
        };
        self.push(&batch).expect("it is a batch").results.pop().expect("one in, one out")
    }

    /// Enrols.
    pub fn enrol(&self, push: &EnrolmentPush) -> Result<EnrolmentReply, Refused> {
        self.post("/v1/enrolments", push).read()
    }

    /// Asks what headquarters has.
    pub fn status(&self, asked: &StatusRequest) -> Result<StatusReply, Refused> {
        self.post("/v1/status", asked).read()
    }

    /// Puts the bytes from `first` on into a photo.
    pub fn put_range(
        &self,
        photo: &PhotoHash,
        first: usize,
        bytes: &[u8],
        size: usize,
    ) -> Result<PhotoReply, Refused> {
        let range = format!("bytes {first}-{}/{size}", first + bytes.len() - 1);
        self.send("PUT", &format!("/v1/blobs/{photo}"), &[("content-range", &range)], bytes)
            .expect("headquarters answers")
            .read()
    }

    /// Puts a whole photo, in ranges of at most a mebibyte.
    pub fn put(&self, photo: &PhotoHash, bytes: &[u8]) -> Result<PhotoReply, Refused> {
        const RANGE: usize = 1024 * 1024;
        let mut reply = None;
        for (number, range) in bytes.chunks(RANGE).enumerate() {
            reply = Some(self.put_range(photo, number * RANGE, range, bytes.len())?);
        }
        Ok(reply.expect("a photo is not empty"))
    }

    /// Puts a whole sealed file, in ranges of at most a mebibyte.
    pub fn put_sealed(
        &self,
        photo: &PhotoHash,
        sealed: &[u8],
        said: SealedAs,
    ) -> Result<PhotoReply, Refused> {
        const RANGE: usize = 1024 * 1024;
        let (mut reply, said) = (None, said.to_header());
        for (number, range) in sealed.chunks(RANGE).enumerate() {
            let (first, size) = (number * RANGE, sealed.len());
            let place = format!("bytes {first}-{}/{size}", first + range.len() - 1);
            let headers = [("content-range", place.as_str()), (SEALED_HEADER, &said)];
            let answer = self.send("PUT", &format!("/v1/blobs/{photo}"), &headers, range);
            reply = Some(answer.expect("headquarters answers").read()?);
        }
        Ok(reply.expect("a sealed file is not empty"))
    }

    /// Which cells of a sealed file have come.
    pub fn have_sealed(&self, photo: &PhotoHash, said: SealedAs) -> Option<String> {
        let said = said.to_header();
        self.send("HEAD", &format!("/v1/blobs/{photo}"), &[(SEALED_HEADER, &said)], &[])?.have
    }

    /// Which cells of a photo have come.
    pub fn have(&self, photo: &PhotoHash) -> Option<String> {
        self.send("HEAD", &format!("/v1/blobs/{photo}"), &[], &[])?.have
    }

    /// Everything that was received, in log order: id and why it is held.
    pub fn records(&self) -> Vec<(RecordId, Option<String>)> {
        let mut records = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.get_json(&format!("/v1/records?limit=200{after}"));
            for record in page["records"].as_array().expect("a page has records") {
                let id = record["id"].as_str().expect("an id is a text");
                records.push((
                    id.parse().expect("headquarters writes ids"),
                    record["held"].as_str().map(str::to_owned),
                ));
            }
            let Some(next) = page["next"].as_u64() else { return records };
            after = format!("&after={next}");
        }
    }

    /// The ids of everything that was received; panics if one was logged twice.
    pub fn record_ids(&self) -> BTreeSet<RecordId> {
        let records = self.records();
        let ids: BTreeSet<RecordId> = records.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids.len(), records.len(), "a record stands twice in the log");
        ids
    }

    /// Everything that counts, as one hash.
    pub fn state_root(&self) -> String {
        self.get_json("/v1/state-root")["state_root"].as_str().expect("a hash").to_owned()
    }

    /// From now on a key's records are set aside.
    pub fn revoke(&self, kid: Kid) {
        let body = serde_json::json!({"reason": "lost"});
        let answer = self.post(&format!("/v1/devices/{kid}/revocation"), &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// A bare connection, on which a test says what no client would.
    pub fn bare(&self, said: &[u8]) -> std::net::TcpStream {
        let mut stream = std::net::TcpStream::connect(self.address).expect("somebody listens");
        stream.write_all(said).expect("the kernel takes it");
        stream
    }

    /// What the stream of incidents, which does not end, tells from its beginning until it says `until`.
    ///
    /// # Panics
    /// If it ends before, or says nothing for longer than a beat of it.
    pub fn streamed(&self, until: &str) -> String {
        let token = &self.token;
        let mut stream = self.bare(
            format!(
                "GET /v1/incidents/stream?after=0 HTTP/1.1\r\nHost: hq\r\n\
                 Authorization: Bearer {token}\r\n\r\n"
            )
            .as_bytes(),
        );
        stream.set_read_timeout(Some(STREAM_PATIENCE)).expect("longer than nothing");
        let (mut told, mut piece) = (String::new(), [0; 4096]);
        while !told.contains(until) {
            let read = stream.read(&mut piece).unwrap_or_else(|error| panic!("{error}: {told}"));
            assert!(read > 0, "the stream ended: {told}");
            told.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
        told
    }
}
