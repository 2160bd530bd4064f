//! A history made definite: who signs which bytes when, and what must come of it, computed without
//! any store.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hattama_proto::{
    id::{CopyType, ElectionId, Kid, PhotoHash, RecordId},
    invitation::Invitation,
    jws::Envelope,
    kind::{Kind, Role},
    pack::Pack,
    record::{
        Answer, Body, Corrected, Correction, FormAnswers, Incident, Missing, NotObtained, Photo,
        PhotoRole, Record, Severity,
    },
    statement::{Decision, Disposition, Enrolment, Mandate, Revocation},
    time::UnixMillis,
    wire::{EnrolmentPush, PushRequest},
};
use hattama_server::{
    merge::{Facts, Picture, StateRoot, StateRootBuilder, Statements, standing},
    review::IncidentState,
};
use hattama_tests::world::{Country, Device, Signed, code, invented};

use super::draw::{DEVICES, Place, Say, Saying, Step};

/// What is done at headquarters, the same on every engine.
#[derive(Debug)]
pub(crate) enum Act {
    Enrol(EnrolmentPush),
    Push(PushRequest),
    Together(PushRequest, PushRequest),
    Decide(Decision),
    /// From the size that the log had after this act; from now on if none.
    Revoke(Kid, Option<usize>),
    StepIncident(RecordId, IncidentState),
    Photo(PhotoHash, Vec<u8>),
    Publish(String),
    Restart,
}

/// A history, definite.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) acts: Vec<Act>,
    /// What the pure merge makes of it.
    pub(crate) root: StateRoot,
    /// How often each thing really happened.
    pub(crate) happened: BTreeMap<&'static str, u32>,
}

/// What stands between a person and enrolment, the same in every history.
#[derive(Clone, Copy)]
pub(crate) struct Guest {
    pub(crate) person: &'static str,
    pub(crate) org: &'static str,
    pub(crate) role: Role,
    /// The one unit that it may observe, or all.
    pub(crate) only: Option<usize>,
}

/// The third may observe one precinct only; the fifth is the first person's key for incidents.
pub(crate) const GUESTS: [Guest; DEVICES] = {
    const fn guest(
        person: &'static str,
        org: &'static str,
        role: Role,
        only: Option<usize>,
    ) -> Guest {
        Guest { person, org, role, only }
    }
    [
        guest("p-0", "east", Role::Results, None),
        guest("p-1", "east", Role::Results, None),
        guest("p-2", "west", Role::Results, Some(0)),
        guest("p-0", "east", Role::Results, None),
        guest("i-0", "east", Role::Incidents, None),
        guest("p-5", "west", Role::Results, None),
    ]
};

impl Guest {
    pub(crate) fn mandate(&self) -> Mandate {
        match self.only {
            None => Mandate::Everywhere,
            Some(unit) => Mandate::Units(vec![Country::small().precinct(unit)]),
        }
    }
}

/// The invitation of a device, with a secret that everybody here knows.
pub(crate) fn invitation(number: usize, election: &ElectionId) -> Invitation {
    Invitation {
        hq: vec![],
        election: election.clone(),
        root: Kid::from_bytes([7; 32]),
        pin: None,
        secret: format!("secret-{number}"),
        expires_at: UnixMillis(i64::MAX),
    }
}

pub(crate) fn script(steps: &[Step], pack: &Arc<Pack>) -> Script {
    let mut writer = Writer::new(pack);
    for step in steps {
        writer.step(step);
    }
    let late = std::mem::take(&mut writer.late);
    if !late.is_empty() {
        let request = writer.arrive(late);
        writer.act(Act::Push(request), "late");
    }
    Script { root: writer.root(), acts: writer.acts, happened: writer.happened }
}

/// A record that headquarters has to log, in the order of arrival.
struct Logged {
    id: RecordId,
    kid: Kid,
    /// None where nobody can read it.
    record: Option<Record>,
    position: u64,
}

struct Writer {
    pack: Arc<Pack>,
    country: Country,
    devices: Vec<Device>,
    /// By device: what it signed, its place and the record before it.
    chains: Vec<Vec<(u64, Option<RecordId>)>>,
    enrolled: BTreeSet<usize>,
    statements: Statements,
    /// Everything that was signed by devices, logged or not, with its device.
    signed: Vec<(Signed, usize)>,
    logged: Vec<Logged>,
    known: BTreeSet<RecordId>,
    late: Vec<(Signed, usize)>,
    incidents: Vec<(RecordId, IncidentState)>,
    /// What was photographed.
    taken: BTreeMap<PhotoHash, Vec<u8>>,
    /// What records that are logged name.
    photos: BTreeMap<PhotoHash, Vec<u8>>,
    whole: BTreeSet<PhotoHash>,
    published: BTreeSet<u64>,
    /// Leaves of the log, as far as order goes.
    size: u64,
    /// The size after each act.
    sizes: Vec<u64>,
    acts: Vec<Act>,
    happened: BTreeMap<&'static str, u32>,
}

/// The place in the log of this world. Others than headquarters', in the same order: the root must
/// not depend on them.
const fn position(size: u64) -> u64 {
    size * 3 + 7
}

impl Writer {
    fn new(pack: &Arc<Pack>) -> Self {
        let election = &pack.election.id;
        Self {
            pack: Arc::clone(pack),
            country: Country::small(),
            devices: (0..DEVICES).map(|seed| Device::new(seed as u64, election.clone())).collect(),
            chains: vec![Vec::new(); DEVICES],
            enrolled: BTreeSet::new(),
            statements: Statements::default(),
            signed: Vec::new(),
            logged: Vec::new(),
            known: BTreeSet::new(),
            late: Vec::new(),
            incidents: Vec::new(),
            taken: BTreeMap::new(),
            photos: BTreeMap::new(),
            whole: BTreeSet::new(),
            published: BTreeSet::new(),
            size: 1,
            sizes: Vec::new(),
            acts: Vec::new(),
            happened: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.happened.entry(what).or_default() += 1;
    }

    fn act(&mut self, act: Act, what: &'static str) {
        self.count(what);
        self.acts.push(act);
        self.sizes.push(self.size);
    }

    fn next_position(&mut self) -> u64 {
        let next = position(self.size);
        self.size += 1;
        next
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Enrol(device) => self.enrol(*device),
            Step::Push(says) => {
                let said = self.say_all(says);
                let request = self.arrive(said);
                self.act(Act::Push(request), "push");
            }
            Step::Together(one, other) => {
                let (one, other) = (self.say_all(one), self.say_all(other));
                let (one, other) = (self.arrive(one), self.arrive(other));
                self.act(Act::Together(one, other), "two writers at once");
            }
            Step::Repeat(of) => {
                if let Some(signed) = pick(&self.signed, *of).cloned() {
                    let request = self.arrive(vec![signed]);
                    self.act(Act::Push(request), "repeated push");
                }
            }
            Step::Decide { of, counted, unit, copy, same } => {
                self.decide(*of, *counted, *unit, *copy, *same);
            }
            Step::Revoke { device, since } => self.revoke(*device, *since),
            Step::Review { of, to } => {
                let count = self.incidents.len();
                if count > 0 {
                    let (id, state) = self.incidents[of % count];
                    let to = state.next()[to % state.next().len()];
                    self.incidents[of % count].1 = to;
                    // Every step is a statement of its own.
                    self.size += 1;
                    self.act(Act::StepIncident(id, to), "incident step");
                }
            }
            Step::Photo(of) => {
                let named: Vec<_> = self.photos.iter().collect();
                if let Some((hash, bytes)) = pick(&named, *of) {
                    let (hash, bytes) = (**hash, (*bytes).clone());
                    if self.whole.insert(hash) {
                        self.size += 1;
                    }
                    self.act(Act::Photo(hash, bytes), "photo");
                }
            }
            Step::Publish(seed) => {
                let voters = seed % 3;
                if self.published.insert(voters) {
                    self.size += 1;
                }
                let csv = format!("unit,voters\n{},{voters}\n", self.country.precinct(0));
                self.act(Act::Publish(csv), "publication");
            }
            Step::Restart => self.act(Act::Restart, "restart"),
        }
    }

    fn enrol(&mut self, number: usize) {
        if !self.enrolled.insert(number) {
            return;
        }
        let (device, guest) = (&self.devices[number], GUESTS[number]);
        let by = invitation(number, &self.pack.election.id);
        let request = device.enrolment_request(&by, guest.role);
        let enrolment = Enrolment {
            kid: device.kid(),
            public_key: device.public_key(),
            role: guest.role,
            person: guest.person.parse().unwrap(),
            org: guest.org.parse().unwrap(),
            mandate: guest.mandate(),
            request: RecordId::of(request.as_bytes()),
            desk: false,
            hardware: None,
        };
        let position = self.next_position();
        self.statements.apply_enrolment(position, enrolment);
        self.act(Act::Enrol(EnrolmentPush { request }), "enrolment");
    }

    fn decide(
        &mut self,
        of: usize,
        counted: bool,
        unit: Option<usize>,
        copy: Option<usize>,
        same: Option<usize>,
    ) {
        let Some(at) = self.logged.len().checked_sub(1).map(|last| of % (last + 1)) else { return };
        let logged = &self.logged[at];
        // What names no unit cannot move, and headquarters says so.
        let movable = logged.record.as_ref().is_some_and(|record| match &record.claims.body {
            Body::Incident(_) => false,
            Body::Correction(correction) => !matches!(correction.becomes, Corrected::Incident(_)),
            _ => true,
        });
        let decision = Decision {
            record: logged.id,
            disposition: if counted { Disposition::Counted } else { Disposition::SetAside },
            reason: "looked at".to_owned(),
            account: "op".to_owned(),
            unit: unit.filter(|_| movable).map(|unit| self.country.precinct(unit)),
            copy: copy.map(copy_type),
            same_document_as: same.map(|same| self.logged[same % self.logged.len()].id),
        };
        if decision.unit.is_some() {
            self.count("record moved to a unit");
        }
        let position = self.next_position();
        self.statements.apply_decision(position, decision.clone());
        self.act(Act::Decide(decision), "decision");
    }

    fn revoke(&mut self, number: usize, since: Option<usize>) {
        if !self.enrolled.contains(&number) {
            return;
        }
        let kid = self.devices[number].kid();
        let since = since.and_then(|since| since.checked_rem(self.sizes.len()));
        let from_index = position(since.map_or(self.size, |since| self.sizes[since]));
        let position = self.next_position();
        let revocation = Revocation { kid, from_index, reason: "lost".to_owned() };
        self.statements.apply_revocation(position, revocation);
        self.act(Act::Revoke(kid, since), "revocation");
    }

    fn say_all(&mut self, says: &[Say]) -> Vec<(Signed, usize)> {
        let mut now = Vec::new();
        for say in says {
            let signed = (self.sign(say), say.device);
            self.signed.push(signed.clone());
            if say.late {
                self.late.push(signed);
            } else {
                now.push(signed);
            }
        }
        now
    }

    fn sign(&mut self, say: &Say) -> Signed {
        if let Saying::Unreadable(number) = &say.saying {
            let kind = if GUESTS[say.device].role == Role::Results {
                Kind::Protocol
            } else {
                Kind::Incident
            };
            let payload = serde_json::json!({"of a later release": number});
            return self.devices[say.device].say_anything(kind, &payload);
        }
        let body = self.body(&say.saying);
        let chain = &mut self.chains[say.device];
        let (seq, prev) = match chain.last() {
            Some(last) if say.place == Place::Again => *last,
            _ => (chain.len() as u64, self.signed.last().map(|(signed, _)| signed.id)),
        };
        let device = &mut self.devices[say.device];
        if say.elsewhere {
            device.speak_of("another");
        }
        let signed = device.say_at(seq, prev, body);
        device.speak_of(self.pack.election.id.as_str());
        if say.place == Place::Next || chain.is_empty() {
            chain.push((seq, prev));
        }
        signed
    }

    fn body(&mut self, saying: &Saying) -> Body {
        let unit = |number: usize| {
            // The last one is not in the register.
            if number == 3 { code("nowhere") } else { self.country.precinct(number) }
        };
        match saying {
            Saying::Protocol { unit: at, copy, seed, number, photo } => {
                let unit = unit(*at);
                let photos = photo.map(|photo| self.photo(photo)).unwrap_or_default();
                let mut protocol = invented(unit, copy_type(*copy), *seed, photos);
                protocol.document_number = number.map(|number| number.to_string());
                Body::Protocol(protocol)
            }
            Saying::NotObtained { unit: at, missing } => Body::NotObtained(NotObtained {
                unit: unit(*at),
                missing: Missing::ALL[*missing],
                copy: None,
                occurred_at: None,
                office: None,
                words: String::new(),
                photos: vec![],
            }),
            Saying::Form { unit: at, sealed } => Body::Form(FormAnswers {
                unit: unit(*at),
                form: "opening".parse().unwrap(),
                answers: [("sealed".parse().unwrap(), Answer::YesNo(*sealed))].into(),
            }),
            Saying::Incident { unit: at, words } => Body::Incident(Incident {
                categories: vec!["pressure".parse().unwrap()],
                phase: "count".parse().unwrap(),
                severity: Severity::Low,
                unit: Some(unit(*at)),
                place_words: None,
                occurred_at: None,
                words: words.to_string(),
                language: "en".into(),
                attachments: vec![],
                refers_to: None,
            }),
            Saying::Correction { of, becomes } => {
                let becomes = match self.body(becomes) {
                    Body::Protocol(body) => Corrected::Protocol(body),
                    Body::NotObtained(body) => Corrected::NotObtained(body),
                    Body::Form(body) => Corrected::Form(body),
                    Body::Incident(body) => Corrected::Incident(body),
                    Body::Correction(_) => unreachable!("a correction becomes something plain"),
                };
                let corrects = pick(&self.signed, *of)
                    .map_or(RecordId::of(b"never signed"), |(signed, _)| signed.id);
                Body::Correction(Correction { corrects, reason: "a slip".to_owned(), becomes })
            }
            Saying::Unreadable(_) => unreachable!("signed as it is"),
        }
    }

    /// Whether a checklist says of this election's box that it was not sealed.
    fn opens_incident(&self, record: &Record, form: &FormAnswers) -> bool {
        record.claims.election == self.pack.election.id
            && form.answers.values().any(|answer| *answer == Answer::YesNo(false))
    }

    /// One picture as original and as its own preview, so that it is taken from held records too.
    fn photo(&mut self, number: u8) -> Vec<Photo> {
        let bytes = vec![number; 100 + usize::from(number) * 9_000];
        let photos =
            [PhotoRole::Original, PhotoRole::Preview].map(|role| Device::photo(&bytes, role));
        self.taken.insert(photos[0].sha256, bytes);
        photos.into()
    }

    /// What headquarters has to make of a batch: everything with a valid signature is logged, but
    /// for what its key may not say at all.
    fn arrive(&mut self, said: Vec<(Signed, usize)>) -> PushRequest {
        let mut request = PushRequest::default();
        for (signed, number) in said {
            let device = &self.devices[number];
            let (kid, key) = (device.kid(), device.public_key());
            request.keys.insert(kid, key);
            request.records.push(signed.text.clone());
            if self.known.contains(&signed.id) {
                self.count("duplicate");
                continue;
            }
            let verified = Envelope::parse(&signed.text).unwrap().verify(&key).unwrap();
            let kind = verified.kind();
            let record = Record::read(verified).ok();
            if self.enrolled.contains(&number) {
                let role = GUESTS[number].role;
                let corrected = record.as_ref().is_none_or(|record| match &record.claims.body {
                    Body::Correction(correction) => correction.becomes.role() == role,
                    _ => true,
                });
                if !role.may_sign(kind) || !corrected {
                    self.count("rejected");
                    continue;
                }
            } else {
                self.count("record of an unknown device");
            }
            self.known.insert(signed.id);
            let position = self.next_position();
            self.log(Logged { id: signed.id, kid, record, position }, kind);
        }
        request
    }

    fn log(&mut self, logged: Logged, kind: Kind) {
        self.count(match kind {
            Kind::Protocol => "protocol",
            Kind::NotObtained => "copy not obtained",
            Kind::Incident => "incident",
            Kind::Form => "form",
            _ => "correction",
        });
        self.statements.note_author(logged.id, logged.kid);
        match &logged.record {
            None => self.count("unreadable body"),
            Some(record) => {
                for photo in record.claims.body.photos() {
                    self.photos.insert(photo.sha256, self.taken[&photo.sha256].clone());
                }
                let seq = record.claims.seq;
                let forked = self.logged.iter().any(|other| {
                    other.kid == logged.kid
                        && other.record.as_ref().is_some_and(|other| other.claims.seq == seq)
                });
                if forked {
                    self.statements.note_fork(logged.kid, seq);
                }
                self.statements.note_correction(&Facts::of(record, logged.position));
                let reported = match &record.claims.body {
                    Body::Incident(_) => true,
                    Body::Form(form) => self.opens_incident(record, form),
                    Body::Correction(correction) => match &correction.becomes {
                        Corrected::Incident(_) => true,
                        Corrected::Form(form) => self.opens_incident(record, form),
                        _ => false,
                    },
                    _ => false,
                };
                if reported {
                    self.incidents.push((logged.id, IncidentState::Received));
                }
                if forked {
                    self.count("fork");
                }
                if record.claims.election != self.pack.election.id {
                    self.count("another election");
                }
            }
        }
        self.logged.push(logged);
    }

    /// The pure merge over everything that was logged.
    fn root(&self) -> StateRoot {
        let mut root = StateRootBuilder::default();
        let read = || {
            self.logged.iter().filter_map(|logged| Some((logged.record.as_ref()?, logged.position)))
        };
        for logged in &self.logged {
            let its = logged.record.as_ref().map(|record| {
                standing(&Facts::of(record, logged.position), &self.statements, &self.pack)
            });
            root.record(logged.id, its.as_ref());
        }
        self.whole.iter().for_each(|photo| root.photo(*photo));
        self.incidents.iter().for_each(|(id, state)| root.incident(*id, *state));
        let picture =
            Picture::from_records(self.statements.clone(), Arc::clone(&self.pack), read());
        picture.files().for_each(|file| root.file(file));
        root.finish()
    }
}

fn pick<T>(items: &[T], number: usize) -> Option<&T> {
    items.get(number.checked_rem(items.len())?)
}

fn copy_type(number: usize) -> CopyType {
    ["certified_copy", "posted_sheet", "wall_form"][number].parse().unwrap()
}
