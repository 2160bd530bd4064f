//! An app: its network leads to a headquarters in memory, its ear writes down what it hears.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use hattama_client_core::{
    ffi::{
        Alarm, CaptureSummary, Draft, FeedItem, HttpRequest, HttpResponse, HttpTransport, Notebook,
        NotebookConfig, NotebookEvents, NotifyFailure, OutboxSummary, ProtocolDraft, PumpBudget,
        TransportFailure,
    },
    transport::{Method, Request, RequestBody, Stop, Transport as _, TransportError},
};

use crate::hq::Hq;

/// What the app's network does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Carries it.
    Up,
    /// Nothing: airplane mode.
    Down,
    /// Takes it and never comes back, as far as a test waits.
    Silent,
    /// Panics, as an app in Rust may.
    Panics,
}

pub(crate) struct Network {
    pub(crate) hq: Arc<Hq>,
    pub(crate) line: Mutex<Line>,
    /// How many requests it has taken.
    pub(crate) taken: AtomicU32,
}

impl HttpTransport for Network {
    fn execute(&self, request: HttpRequest) -> Result<HttpResponse, TransportFailure> {
        let line = *self.line.lock().unwrap();
        self.taken.fetch_add(1, Ordering::SeqCst);
        match line {
            Line::Up => {}
            Line::Down => {
                return Err(TransportFailure::Unreachable { reason: "airplane mode".to_owned() });
            }
            Line::Silent => std::thread::sleep(Duration::from_secs(30)),
            Line::Panics => panic!("the app fails on purpose"),
        }
        let path = request.url.strip_prefix("https://hq.example.org").unwrap().to_owned();
        let named = |name: String| -> &'static str { name.leak() };
        let request = Request {
            method: match request.method.as_str() {
                "GET" => Method::Get,
                "HEAD" => Method::Head,
                "POST" => Method::Post,
                _ => Method::Put,
            },
            path,
            headers: request
                .headers
                .into_iter()
                .map(|(name, value)| (named(name), value))
                .collect(),
            body: match request.body.is_empty() {
                true => RequestBody::Empty,
                false => RequestBody::Bytes(request.body),
            },
            answer_bytes_max: request.answer_bytes_max,
        };
        match self.hq.execute(request, &Stop::default()) {
            Ok(answer) => Ok(HttpResponse {
                status: answer.status,
                headers: answer.headers.into_iter().collect(),
                body: answer.body,
            }),
            Err(TransportError::Unreachable(reason)) => {
                Err(TransportFailure::Unreachable { reason })
            }
            Err(error) => Err(TransportFailure::Broken { reason: error.to_string() }),
        }
    }
}

/// Writes down what it hears, in order.
#[derive(Default)]
pub(crate) struct Ear {
    pub(crate) heard: Mutex<Vec<String>>,
}

impl Ear {
    /// Waits until something that begins with `what` was heard.
    pub(crate) fn wait_for(&self, what: &str) -> String {
        for _ in 0..1000 {
            let found = self.heard.lock().unwrap().iter().find(|h| h.starts_with(what)).cloned();
            if let Some(found) = found {
                return found;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("never heard {what}: {:?}", self.heard.lock().unwrap());
    }

    fn hear(&self, what: String) {
        self.heard.lock().unwrap().push(what);
    }
}

impl NotebookEvents for Ear {
    fn outbox_changed(&self, summary: OutboxSummary) -> Result<(), NotifyFailure> {
        self.hear(format!("outbox {} acked {}", summary.urgent.count, summary.acked));
        Ok(())
    }

    fn feed(&self, item: FeedItem) -> Result<(), NotifyFailure> {
        self.hear(match item {
            FeedItem::Message { message } => format!("message {}", message.text),
            FeedItem::Decision { record, counted, reason } => {
                format!("decision {record} {counted} {reason}")
            }
        });
        Ok(())
    }

    fn alarm(&self, alarm: Alarm) -> Result<(), NotifyFailure> {
        self.hear(format!("alarm {} {}", alarm.code, alarm.detail));
        Ok(())
    }
}

/// A notebook, its app and its headquarters.
pub(crate) struct App {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) hq: Arc<Hq>,
    pub(crate) network: Arc<Network>,
    pub(crate) ear: Arc<Ear>,
    pub(crate) notebook: Arc<Notebook>,
}

impl App {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hq = Hq::new();
        let network = Arc::new(Network {
            hq: Arc::clone(&hq),
            line: Mutex::new(Line::Up),
            taken: AtomicU32::new(0),
        });
        let ear = Arc::new(Ear::default());
        let (events, transport) = (Arc::clone(&ear), Arc::clone(&network));
        let config = config(&folder.path().join("notebook"));
        let notebook = Notebook::open(config, None, Some(events), Some(transport), None).unwrap();
        Self { folder, hq, network, ear, notebook }
    }

    pub(crate) fn enrolled() -> Self {
        let app = Self::new();
        app.notebook.enrol(app.hq.invitation().to_text()).unwrap();
        app
    }

    pub(crate) fn line(&self, line: Line) {
        *self.network.line.lock().unwrap() = line;
    }

    /// A file outside the notebook.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    pub(crate) fn capture(&self, photos: &[String]) -> CaptureSummary {
        let capture = Arc::clone(&self.notebook).begin_capture(protocol(98));
        for (page, photo) in photos.iter().enumerate() {
            capture.add_photo(photo.clone(), u32::try_from(page + 1).unwrap()).unwrap();
        }
        capture.commit().unwrap()
    }
}

pub(crate) fn config(folder: &Path) -> NotebookConfig {
    NotebookConfig {
        folder: folder.display().to_string(),
        app_name: "test".to_owned(),
        app_version: "1".to_owned(),
        election: Some("exercise".to_owned()),
        make_pictures: false,
        encrypt_at_rest: false,
        lock_after_ms: None,
        disk_budget_bytes: None,
        keep_originals: None,
        keep_receipts: true,
    }
}

pub(crate) fn protocol(valid: u64) -> Draft {
    let lines = [("found", 100), ("valid", valid), ("invalid", 2)];
    Draft::Protocol {
        draft: ProtocolDraft {
            unit: "11-900001".to_owned(),
            form: "protocol".to_owned(),
            copy: "certified".to_owned(),
            table: None,
            document_number: None,
            document_time: None,
            lines: lines.into_iter().map(|(line, value)| (line.to_owned(), Some(value))).collect(),
            contests: HashMap::new(),
            marks: HashMap::new(),
            flags: None,
        },
    }
}

pub(crate) const fn budget(ms_max: u64) -> PumpBudget {
    PumpBudget {
        ms_max,
        bytes_max: None,
        wait_ms_max: 0,
        by_user: true,
        metered: false,
        roaming: false,
        battery_low: false,
    }
}
