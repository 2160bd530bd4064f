//! A headquarters in memory that can be made to misbehave: it signs, logs and proves for real.

#![allow(dead_code, reason = "each test file uses another part of it")]
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a world for tests")]

mod phone;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::{Read as _, Seek as _},
    sync::{Arc, Mutex},
};

use hattama_client_core::transport::{
    Method, Request, RequestBody, Response, Stop, Transport, TransportError,
};
use hattama_proto::{
    id::{ElectionId, Kid, OrgId, PartHash, PersonId, PhotoHash, RecordId},
    invitation::Invitation,
    jws::Envelope,
    key::SigningKey,
    pack::{
        Choice, Contest, CopyTypeDefinition, Corroboration, ElectionPart, FormDefinition, FormKind,
        FormLine, FormPart, HqKeys, IncidentPart, Names, PackManifest, PartName, PartRef, Relation,
        RelationSeverity, Sealing, Term, Unit, UnitKind, UnitPart, Witnesses,
    },
    problem::{Problem, ProblemCode},
    record::{Record, RequestClaims},
    sealing::{Identity, NotOpened, Opener},
    statement::{
        Decision, Disposition, Enrolment, Level, Mandate, StatementBody, StatementClaims,
        Succession, sign_statement,
    },
    time::UnixMillis,
    tlog::{Checkpoint, Cosigner, KeyName, LogEntry, NoteSigner, Origin, SignedNote, Tree},
    wire::{
        CellBitmap, ContentRange, EnrolmentPush, EnrolmentReply, Feed, FeedItem, FeedKind,
        HAVE_HEADER, HELD_SEALED, PhotoReply, PhotoState, PushReply, PushRequest, ReceiptPart,
        RecordVerdict, SEALED_HEADER, SealedAs, StatusReply, StatusRequest, Verdict, WIRE_HEADER,
    },
};

#[allow(unused_imports, reason = "each test file uses another part of it")]
pub use self::phone::{TestClock, World, draft, noise, options};

pub const CELL: u64 = 32 * 1024;

/// One thing that goes wrong, once.
#[derive(Clone, Debug)]
pub enum Fault {
    /// No connection.
    Unreachable,
    /// The request is lost.
    DropRequest,
    /// The request is carried out and the answer is lost.
    DropAnswer,
    /// The answer is cut after so many bytes.
    CutAnswer(usize),
    /// Somebody else answers.
    Foreign(u16),
    /// Headquarters refuses.
    Refuse(ProblemCode, Option<u32>),
    /// Only so many bytes of the body arrive.
    CutRequest(u64),
    /// The answer's checkpoint is signed by somebody else.
    ForgedCheckpoint,
    /// The answer's receipts are those of another leaf.
    WrongReceipt,
    /// The answer has no receipts.
    NoReceipt,
    /// Every verdict is this text.
    Verdict(&'static str),
    /// The answer leaves out every verdict.
    NoVerdicts,
    /// The answer shows another history of the log.
    Fork,
}

/// What may go wrong once with any photograph, sealed or not.
pub fn line_faults() -> Vec<Fault> {
    vec![
        Fault::Unreachable,
        Fault::DropRequest,
        Fault::DropAnswer,
        Fault::CutAnswer(10),
        Fault::Foreign(200),
        Fault::Refuse(ProblemCode::NotExpected, None),
        Fault::Refuse(ProblemCode::DigestMismatch, None),
        Fault::Refuse(ProblemCode::SizeConflict, None),
        Fault::Refuse(ProblemCode::StoreUnavailable, Some(5)),
        Fault::CutRequest(0),
        Fault::CutRequest(40_000),
    ]
}

pub struct State {
    pub tree: Tree,
    pub index: BTreeMap<[u8; 32], u64>,
    pub records: BTreeMap<RecordId, String>,
    pub sent: Vec<String>,
    pub photos: BTreeMap<PhotoHash, Vec<u8>>,
    /// By the hash of the file that comes: the photo's own, or that of the sealed file.
    pub partial: BTreeMap<PhotoHash, (Vec<u8>, CellBitmap)>,
    /// Sealed files that no key here opens, by the hash of the original.
    pub held_sealed: BTreeMap<PhotoHash, Vec<u8>>,
    /// Who unseals here.
    pub identities: Vec<Identity>,
    /// What the next set-up says of sealing.
    pub sealing: Option<Sealing>,
    pub named: BTreeSet<PhotoHash>,
    pub feed: Vec<FeedKind>,
    pub parts: BTreeMap<PartHash, Vec<u8>>,
    pub manifest: String,
    pub enrolled: BTreeMap<Kid, String>,
    pub faults: VecDeque<(&'static str, Fault)>,
    pub held: BTreeSet<Kid>,
    pub poison: BTreeSet<RecordId>,
    pub log: Vec<String>,
    pub range_bytes: u64,
    pub largest_batch: usize,
    /// Whether a second request by one key has to be the same string.
    pub strict: bool,
    /// Whether the witness has cosigned the log so far.
    pub cosigns: bool,
}

pub type Watch = Box<dyn FnMut(&str) + Send>;

pub struct Hq {
    pub root: SigningKey,
    pub hq: SigningKey,
    pub log: NoteSigner,
    pub election: ElectionId,
    /// Another organisation that cosigns the log.
    pub witness: Option<Cosigner>,
    pub state: Mutex<State>,
    /// Called with the path of each request before it is answered.
    pub watch: Mutex<Option<Watch>>,
}

fn code<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

impl Hq {
    pub fn new() -> Arc<Self> {
        let name = KeyName::new("hq.example.org/log").unwrap();
        let hq = Self {
            root: SigningKey::from_seed(&[1; 32]).unwrap(),
            hq: SigningKey::from_seed(&[2; 32]).unwrap(),
            log: NoteSigner::from_seed(name, &[3; 32]),
            election: code("exercise"),
            state: Mutex::new(State {
                tree: Tree::default(),
                index: BTreeMap::new(),
                records: BTreeMap::new(),
                sent: vec![],
                photos: BTreeMap::new(),
                partial: BTreeMap::new(),
                held_sealed: BTreeMap::new(),
                identities: vec![],
                sealing: None,
                named: BTreeSet::new(),
                feed: vec![],
                parts: BTreeMap::new(),
                manifest: String::new(),
                enrolled: BTreeMap::new(),
                faults: VecDeque::new(),
                held: BTreeSet::new(),
                poison: BTreeSet::new(),
                log: vec![],
                range_bytes: 0,
                largest_batch: 0,
                strict: false,
                cosigns: false,
            }),
            witness: None,
            watch: Mutex::new(None),
        };
        hq.published()
    }

    /// One whose set-up names a witness.
    pub fn witnessed() -> Arc<Self> {
        let mut hq = Arc::into_inner(Self::new()).unwrap();
        hq.witness = Some(Cosigner::from_seed(KeyName::new("witness.example").unwrap(), &[4; 32]));
        hq.published()
    }

    fn published(self) -> Arc<Self> {
        let manifest = self.sign_pack(1, &self.root);
        self.state.lock().unwrap().manifest = manifest;
        Arc::new(self)
    }

    pub fn fail(&self, path: &'static str, fault: Fault) {
        self.state.lock().unwrap().faults.push_back((path, fault));
    }

    /// Publishes the parts of a set-up and returns its manifest, signed by `root`.
    pub fn sign_pack(&self, version: u32, root: &SigningKey) -> String {
        let names = || Names::new("к", "р", "e");
        let election = ElectionPart {
            id: self.election.clone(),
            names: names(),
            exercise: Some(names()),
            time_zone: "Asia/Almaty".into(),
            date: "2005-12-04".into(),
            round: 1,
            polls_close_at: None,
            deadlines: Vec::new(),
            contests: vec![Contest {
                code: code("president"),
                names: names(),
                mandates: 1,
                choices: vec![Choice { code: code("a"), names: names() }],
            }],
            copy_types: vec![CopyTypeDefinition { code: code("certified"), names: names() }],
            comparable: vec![],
            linked: vec![],
            corroboration: Corroboration::AnyPersons,
            keys: HqKeys {
                hq: self.hq.public(),
                log_origin: "hq.example.org/log".into(),
                log_vkey: self.log.verifier_key().to_string(),
                witnesses: self
                    .witness
                    .as_ref()
                    .map(|witness| Witnesses { keys: vec![witness.key().to_string()], quorum: 1 }),
            },
            addresses: vec![],
            sealing: self.state.lock().unwrap().sealing.clone(),
        };
        let line = |name: &str, required| FormLine {
            code: code(name),
            number: name.into(),
            names: names(),
            required,
            counts: None,
        };
        let forms = FormPart {
            forms: vec![FormDefinition {
                code: code("protocol"),
                names: names(),
                kind: FormKind::Results,
                levels: vec![Level::Precinct],
                lines: vec![line("found", true), line("valid", true), line("invalid", false)],
                contests: vec![code("president")],
                relations: vec![Relation {
                    id: code("sum"),
                    left: vec![Term::Line(code("found"))],
                    op: hattama_proto::pack::Operator::Eq,
                    right: vec![Term::Line(code("valid")), Term::Line(code("invalid"))],
                    severity: RelationSeverity::Hard,
                    copies: vec![],
                }],
                questions: vec![],
                check_in: None,
            }],
        };
        let unit = |name: &str, parent: Option<&str>, kind| Unit {
            code: code(name),
            parent: parent.map(code),
            kind,
            names: names(),
            special: None,
            since: version,
        };
        let units = UnitPart {
            version,
            units: vec![
                unit("kz", None, UnitKind::Country),
                unit("11-900001", Some("kz"), UnitKind::Precinct),
            ],
            outlines: None,
        };
        let incidents = IncidentPart { phases: vec![], categories: vec![] };
        let parts = [
            (PartName::Election, serde_json::to_vec(&election).unwrap()),
            (PartName::Forms, serde_json::to_vec(&forms).unwrap()),
            (PartName::Units, serde_json::to_vec(&units).unwrap()),
            (PartName::Incidents, serde_json::to_vec(&incidents).unwrap()),
        ];
        let mut manifest = PackManifest { version, parts: BTreeMap::new() };
        for (name, bytes) in parts {
            let part = PartRef { sha256: PartHash::of(&bytes), bytes: bytes.len() as u64 };
            manifest.parts.insert(name, part);
            self.state.lock().unwrap().parts.insert(part.sha256, bytes);
        }
        self.state_by(root, manifest)
    }

    pub fn state_by<B: StatementBody>(&self, key: &SigningKey, body: B) -> String {
        let claims = StatementClaims {
            election: self.election.clone(),
            issued_at: UnixMillis(1),
            nonce: "AAAAAAAAAAAAAAAAAAAAAA".into(),
            body,
        };
        sign_statement(key, &claims).unwrap()
    }

    pub fn decide(&self, record: RecordId, reason: &str) {
        let statement = self.state_by(
            &self.hq,
            Decision {
                record,
                disposition: Disposition::SetAside,
                reason: reason.into(),
                account: "reviewer-1".into(),
                unit: None,
                copy: None,
                same_document_as: None,
            },
        );
        self.state.lock().unwrap().feed.push(FeedKind::Decision { record, statement });
    }

    /// Says which election follows, at the same address and under the same root.
    pub fn announce(&self, next: &str) {
        let succession = Succession {
            next: code(next),
            root: self.root.kid(),
            hq: vec!["https://hq.example.org".into()],
            pin: None,
        };
        let statement = self.state_by(&self.root, succession);
        self.state.lock().unwrap().feed.push(FeedKind::Succession { statement });
    }

    pub fn invitation(&self) -> Invitation {
        Invitation {
            hq: vec!["https://hq.example.org".into()],
            election: self.election.clone(),
            root: self.root.kid(),
            pin: None,
            secret: "c2VjcmV0c2VjcmV0".into(),
            expires_at: UnixMillis(i64::MAX),
        }
    }

    /// Publishes a set-up under which photographs are sealed to the recipients of these identities, and
    /// to those of `away`, which are not here.
    pub fn seal_photographs(&self, here: &[Identity], away: &[Identity], previews: bool) {
        let recipients = here.iter().chain(away).map(|one| one.recipient().to_string()).collect();
        {
            let mut state = self.state.lock().unwrap();
            state.identities = here.to_vec();
            state.sealing = Some(Sealing { recipients, previews });
        }
        let manifest = self.sign_pack(2, &self.root);
        self.state.lock().unwrap().manifest = manifest;
    }

    pub fn has(&self, record: RecordId) -> bool {
        self.state.lock().unwrap().records.contains_key(&record)
    }

    pub fn requests(&self, prefix: &str) -> usize {
        self.state.lock().unwrap().log.iter().filter(|line| line.starts_with(prefix)).count()
    }

    fn checkpoint(&self, tree: &Tree) -> String {
        let origin = Origin::new("hq.example.org/log").unwrap();
        Checkpoint { origin, size: tree.len(), root: tree.root() }.sign(&self.log)
    }

    fn enrol(&self, state: &mut State, push: &EnrolmentPush) -> EnrolmentReply {
        let envelope = Envelope::parse(&push.request).unwrap();
        let kid = envelope.kid();
        let payload = push.request.split('.').nth(1).unwrap();
        let json = base64(payload);
        let request: RequestClaims = serde_json::from_slice(&json).unwrap();
        let verified = envelope.verify(&request.body.public_key).unwrap();
        assert_eq!(verified.kid(), kid);
        let known = state.enrolled.insert(kid, push.request.clone());
        let same = known.is_none_or(|known| known == push.request);
        assert!(same || !state.strict, "a retry sends the same string");
        // As headquarters does: what does not hold enrols nobody.
        let challenge = request.body.challenge(&request.election);
        let vouch = request.body.hardware.as_ref();
        let hardware = vouch.map(|vouch| vouch.verify(&challenge).unwrap().hardware().kid());
        let enrolment = Enrolment {
            kid,
            public_key: request.body.public_key,
            role: request.body.role,
            person: PersonId::new("person").unwrap(),
            org: OrgId::new("org").unwrap(),
            mandate: Mandate::Everywhere,
            request: RecordId::of(push.request.as_bytes()),
            desk: false,
            hardware,
        };
        EnrolmentReply {
            enrolment: self.state_by(&self.hq, enrolment),
            device_token: format!("token-{kid}"),
            token_expires_at: UnixMillis(i64::MAX),
            pack: state.manifest.clone(),
            keys: [self.root.public(), self.hq.public()].map(|key| (key.kid(), key)).into(),
            ticket: None,
        }
    }

    fn append(state: &mut State, entry: LogEntry) -> u64 {
        let next = state.tree.len();
        let subject = *entry.subject();
        let index = *state.index.entry(subject).or_insert(next);
        if index == next {
            state.tree.push(entry.leaf_hash());
        }
        index
    }

    fn push(&self, state: &mut State, push: &PushRequest, fault: Option<&Fault>) -> PushReply {
        state.largest_batch = state.largest_batch.max(push.records.len());
        let mut results = vec![];
        let mut indices = vec![];
        let mut have = vec![];
        for text in &push.records {
            state.sent.push(text.clone());
            let id = RecordId::of(text.as_bytes());
            let envelope = Envelope::parse(text).unwrap();
            let key = push.keys.get(&envelope.kid()).expect("the key comes along");
            let verified = envelope.verify(key).unwrap();
            let kid = verified.kid();
            let record = Record::read(verified).unwrap();
            let known = state.records.insert(id, text.clone()).is_some();
            for photo in record.claims.body.photos() {
                state.named.insert(photo.sha256);
                if state.photos.contains_key(&photo.sha256) {
                    have.push(photo.sha256);
                }
            }
            let index = Self::append(state, LogEntry::Record(*id.as_bytes()));
            let (verdict, reason) = match (state.held.contains(&kid), known) {
                (true, _) => (Verdict::Held, Some("unknown_device".to_owned())),
                (false, true) => (Verdict::Duplicate, None),
                (false, false) => (Verdict::Stored, None),
            };
            results.push(RecordVerdict { id, verdict, reason, retry_after_s: None, receipt: None });
            indices.push(index);
        }
        let size = state.tree.len();
        for (result, index) in results.iter_mut().zip(indices) {
            let proof = state.tree.inclusion_proof(index, size).unwrap();
            result.receipt = Some(ReceiptPart::new(index, &proof));
        }
        let mut checkpoint = self.checkpoint(&state.tree);
        let mut consistency = push.seen.as_ref().map(|seen| {
            let proof = state.tree.consistency_proof(seen.size, size).unwrap();
            proof.iter().map(hattama_proto::tlog::Hash::to_base64).collect()
        });
        match fault {
            Some(Fault::ForgedCheckpoint) => {
                let name = KeyName::new("hq.example.org/log").unwrap();
                let other = NoteSigner::from_seed(name, &[9; 32]);
                let origin = Origin::new("hq.example.org/log").unwrap();
                let head = Checkpoint { origin, size, root: state.tree.root() };
                checkpoint = head.sign(&other);
            }
            Some(Fault::Fork) => {
                let mut other = Tree::default();
                other.push(LogEntry::Record([0xee; 32]).leaf_hash());
                for result in &mut results {
                    let leaf = LogEntry::Record(*result.id.as_bytes()).leaf_hash();
                    let index = other.push(leaf);
                    result.receipt = Some(ReceiptPart { index, proof: vec![] });
                }
                let size = other.len();
                for result in &mut results {
                    let index = result.receipt.as_ref().unwrap().index;
                    let proof = other.inclusion_proof(index, size).unwrap();
                    result.receipt = Some(ReceiptPart::new(index, &proof));
                }
                checkpoint = self.checkpoint(&other);
                consistency = Some(vec![]);
            }
            Some(Fault::WrongReceipt) => {
                let index = Self::append(state, LogEntry::Record([0xdd; 32]));
                let proof = state.tree.inclusion_proof(index, state.tree.len()).unwrap();
                let wrong = ReceiptPart::new(index, &proof);
                results.iter_mut().for_each(|result| result.receipt = Some(wrong.clone()));
            }
            Some(Fault::NoReceipt) => results.iter_mut().for_each(|result| result.receipt = None),
            Some(Fault::NoVerdicts) => results.clear(),
            _ => {}
        }
        let server_time = UnixMillis(1_133_712_900_000);
        let checkpoint = Some(checkpoint);
        PushReply { results, checkpoint, consistency, epoch: None, have, server_time }
    }

    fn status(&self, state: &State, ask: &StatusRequest) -> StatusReply {
        let size = state.tree.len();
        let records = ask
            .records
            .iter()
            .filter(|id| state.records.contains_key(id))
            .map(|id| {
                let index = state.index[id.as_bytes()];
                let proof = state.tree.inclusion_proof(index, size).unwrap();
                (*id, ReceiptPart::new(index, &proof))
            })
            .collect();
        let photo_receipts = ask
            .photos
            .iter()
            .filter(|photo| state.photos.contains_key(photo))
            .map(|photo| {
                let index = state.index[photo.as_bytes()];
                let proof = state.tree.inclusion_proof(index, size).unwrap();
                (*photo, ReceiptPart::new(index, &proof))
            })
            .collect();
        let mut checkpoint = self.checkpoint(&state.tree);
        if let Some(witness) = self.witness.as_ref().filter(|_| state.cosigns) {
            let note = SignedNote::parse(&checkpoint).unwrap();
            let line = witness.cosign(note.unverified_text(), 1_133_712_900);
            checkpoint = note.with([line]).unwrap().to_string();
        }
        StatusReply {
            chain: hattama_proto::wire::ChainState::default(),
            records,
            photos: vec![],
            photo_receipts,
            checkpoint: Some(checkpoint),
        }
    }

    fn put(
        &self,
        state: &mut State,
        hash: PhotoHash,
        request: &Request,
        arrive: u64,
    ) -> Result<PhotoReply, Problem> {
        if !state.named.contains(&hash) {
            return Err(Problem::new(ProblemCode::NotExpected, "send the record first"));
        }
        let header = |name: &str| {
            request.headers.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
        };
        let range: ContentRange = header("content-range").unwrap().parse().unwrap();
        let bytes = body(request);
        assert_eq!(bytes.len() as u64, range.len());
        state.range_bytes += arrive.min(range.len());
        let sealed: Option<SealedAs> = header(SEALED_HEADER).map(|value| value.parse().unwrap());
        assert!(sealed.is_none_or(|sealed| sealed.bytes == range.size));
        let coming = sealed.map_or(hash, |sealed| sealed.sha256);
        if !state.photos.contains_key(&hash) && !state.held_sealed.contains_key(&hash) {
            let size = usize::try_from(range.size).unwrap();
            let (file, have) = state
                .partial
                .entry(coming)
                .or_insert_with(|| (vec![0; size], CellBitmap::default()));
            let end = range.end.min(range.first.saturating_add(arrive));
            let mut at = range.first;
            // Whole cells are kept, as many as arrived.
            while at < end {
                let stop = (at + CELL).min(range.size);
                if stop > end {
                    break;
                }
                let from = usize::try_from(at - range.first).unwrap();
                let len = usize::try_from(stop - at).unwrap();
                let to = usize::try_from(at).unwrap();
                file[to..to + len].copy_from_slice(&bytes[from..from + len]);
                have.set(at / CELL);
                at = stop;
            }
            if have.is_full(range.size) {
                let (file, _) = state.partial.remove(&coming).unwrap();
                if PhotoHash::of(&file) != coming {
                    return Err(Problem::new(ProblemCode::DigestMismatch, "send it again"));
                }
                match sealed {
                    None => drop(state.photos.insert(hash, file)),
                    Some(_) => unseal(state, hash, file)?,
                }
            }
        }
        if state.held_sealed.contains_key(&hash) {
            let state = PhotoState { have: CellBitmap::default(), complete: false };
            return Ok(PhotoReply { state, receipt: None, checkpoint: None, held_sealed: true });
        }
        if !state.photos.contains_key(&hash) {
            let have = state.partial[&coming].1.clone();
            let state = PhotoState { have, complete: false };
            return Ok(PhotoReply { state, receipt: None, checkpoint: None, held_sealed: false });
        }
        let index = Self::append(state, LogEntry::Photo(*hash.as_bytes()));
        let proof = state.tree.inclusion_proof(index, state.tree.len()).unwrap();
        Ok(PhotoReply {
            state: PhotoState { have: CellBitmap::default(), complete: true },
            receipt: Some(ReceiptPart::new(index, &proof)),
            checkpoint: Some(self.checkpoint(&state.tree)),
            held_sealed: false,
        })
    }

    fn answer(&self, request: &Request, fault: Option<&Fault>) -> Response {
        let mut state = self.state.lock().unwrap();
        let path = request.path.split('?').next().unwrap();
        match (request.method, path) {
            (Method::Post, "/v1/enrolments") => {
                let push = serde_json::from_slice(&body(request)).unwrap();
                ok(&self.enrol(&mut state, &push))
            }
            (Method::Post, "/v1/records") => {
                let json = miniz_oxide::inflate::decompress_to_vec_zlib(&body(request)).unwrap();
                let push: PushRequest = serde_json::from_slice(&json).unwrap();
                let poisoned = push
                    .records
                    .iter()
                    .any(|text| state.poison.contains(&RecordId::of(text.as_bytes())));
                if poisoned {
                    return refuse(&Problem::new(ProblemCode::MalformedBody, "cannot be read"));
                }
                let reply = self.push(&mut state, &push, fault);
                let mut json = serde_json::to_value(&reply).unwrap();
                if let Some(Fault::Verdict(text)) = fault {
                    for result in json["results"].as_array_mut().unwrap() {
                        result["verdict"] = (*text).into();
                        result["receipt"] = serde_json::Value::Null;
                    }
                }
                ok(&json)
            }
            (Method::Post, "/v1/status") => {
                let ask = serde_json::from_slice(&body(request)).unwrap();
                ok(&self.status(&state, &ask))
            }
            (Method::Get, "/v1/feed") => {
                let after: usize = query(&request.path, "after").unwrap().parse().unwrap();
                let items: Vec<_> = state.feed.iter().enumerate().skip(after).collect();
                let items = items
                    .into_iter()
                    .map(|(at, item)| FeedItem { at: at as u64 + 1, item: item.clone() })
                    .collect();
                ok(&Feed { items, next: state.feed.len() as u64 })
            }
            (Method::Get, path) if path.starts_with("/v1/packs/") => {
                let hash: PartHash = code(path.rsplit('/').next().unwrap());
                Response { status: 200, headers: wire(), body: state.parts[&hash].clone() }
            }
            (Method::Head, path) => {
                let hash: PhotoHash = code(path.rsplit('/').next().unwrap());
                let sealed = request.headers.iter().find(|(name, _)| *name == SEALED_HEADER);
                let sealed = sealed.map(|(_, value)| value.parse::<SealedAs>().unwrap());
                let coming = sealed.map_or(hash, |sealed| sealed.sha256);
                let have = match (state.photos.contains_key(&hash), state.partial.get(&coming)) {
                    (false, _) if state.held_sealed.contains_key(&hash) => HELD_SEALED.to_owned(),
                    (true, _) => "complete".to_owned(),
                    (false, Some((_, have))) => have.clone().into(),
                    (false, None) => {
                        return Response { status: 404, headers: wire(), body: vec![] };
                    }
                };
                let mut headers = wire();
                headers.push((HAVE_HEADER.to_lowercase(), have));
                Response { status: 200, headers, body: vec![] }
            }
            (Method::Put, path) => {
                let hash: PhotoHash = code(path.rsplit('/').next().unwrap());
                let arrive = match fault {
                    Some(Fault::CutRequest(bytes)) => *bytes,
                    _ => u64::MAX,
                };
                match self.put(&mut state, hash, request, arrive) {
                    Ok(reply) => ok(&reply),
                    Err(problem) => refuse(&problem),
                }
            }
            _ => refuse(&Problem::new(ProblemCode::NotFound, "no such thing")),
        }
    }
}

impl Transport for Hq {
    fn execute(&self, request: Request, stop: &Stop) -> Result<Response, TransportError> {
        if stop.is_set() {
            return Err(TransportError::Interrupted);
        }
        let line = format!("{} {}", request.method.name(), request.path);
        if let Some(watch) = self.watch.lock().unwrap().as_mut() {
            watch(&line);
        }
        let fault = {
            let mut state = self.state.lock().unwrap();
            state.log.push(line.clone());
            // A sync that does not come to an end shall fail and not hang.
            assert!(state.log.len() < 3000, "{:?}", &state.log[2980..]);
            let matches = state.faults.front().is_some_and(|(path, _)| line.contains(path));
            if matches { state.faults.pop_front().map(|(_, fault)| fault) } else { None }
        };
        let broken = || Err(TransportError::Broken("cut".into()));
        match fault.as_ref() {
            Some(Fault::Unreachable) => Err(TransportError::Unreachable("no route".into())),
            Some(Fault::DropRequest) => broken(),
            Some(Fault::DropAnswer | Fault::CutRequest(_)) => {
                self.answer(&request, fault.as_ref());
                broken()
            }
            Some(Fault::Foreign(status)) => {
                let body = b"<html>please log in</html>".to_vec();
                Ok(Response { status: *status, headers: vec![], body })
            }
            Some(Fault::Refuse(code, retry_after_s)) => {
                let mut problem = Problem::new(*code, "not now");
                problem.retry_after_s = *retry_after_s;
                Ok(refuse(&problem))
            }
            Some(Fault::CutAnswer(bytes)) => {
                let mut answer = self.answer(&request, None);
                answer.body.truncate(*bytes);
                Ok(answer)
            }
            _ => Ok(self.answer(&request, fault.as_ref())),
        }
    }
}

/// Takes in a sealed file that is whole.
fn unseal(state: &mut State, photo: PhotoHash, file: Vec<u8>) -> Result<(), Problem> {
    let wrong = || Problem::new(ProblemCode::SealingWrong, "it is not the photo");
    match Opener::new(std::io::Cursor::new(&file), &state.identities) {
        Err(NotOpened::NotFor) => {
            state.held_sealed.insert(photo, file);
            Ok(())
        }
        Err(_) => Err(wrong()),
        Ok(mut opener) => {
            let mut original = vec![];
            opener.read_to_end(&mut original).map_err(|_| wrong())?;
            if PhotoHash::of(&original) != photo {
                return Err(wrong());
            }
            state.photos.insert(photo, original);
            Ok(())
        }
    }
}

/// What the query of an address says under this name.
fn query<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = path.split_once('?')?;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, v)| v)
}

fn wire() -> Vec<(String, String)> {
    vec![(WIRE_HEADER.to_lowercase(), "1".into())]
}

fn ok(body: &impl serde::Serialize) -> Response {
    Response { status: 200, headers: wire(), body: serde_json::to_vec(body).unwrap() }
}

fn refuse(problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap();
    Response { status: problem.status, headers: wire(), body }
}

fn body(request: &Request) -> Vec<u8> {
    match &request.body {
        RequestBody::Empty => vec![],
        RequestBody::Bytes(bytes) => bytes.clone(),
        RequestBody::FileRange { file, first, len } => {
            let mut file = file.open().unwrap();
            file.seek(std::io::SeekFrom::Start(*first)).unwrap();
            let mut bytes = vec![];
            file.take(*len).read_to_end(&mut bytes).unwrap();
            bytes
        }
    }
}

fn base64(text: &str) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
