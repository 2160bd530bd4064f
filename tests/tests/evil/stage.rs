//! A real headquarters, two real phones, a real witness, and `fsck`, over real sockets and files.

use std::fs;

use hattama_proto::{
    id::TreeRoot,
    record::Seen,
    tlog::{
        AddCheckpoint, Checkpoint, Hash, KeyName, NoteSignature, SignedNote, TileName, VerifierKey,
    },
    wire::{PushReply, PushRequest},
};
use hattama_server::{
    config::Config, fsck::check_public, keys, log::PublicFolder, setup::NewWitnesses,
};
use hattama_tests::world::{Device, Ending, Phone, Signed, Watcher, World, copy_folder};
use serde_json::json;

use crate::{front::Front, liar::Dice};

/// The witness's name.
const WITNESS: &str = "w.example";
/// How often a phone tries before it waits for better days.
const TRIES: u32 = 6;
/// How often it is looked whether what was signed is published, 50 ms apart: it is every second.
const PUBLICATION_POLLS: u32 = 60;

/// Everybody, and what they said first.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) front: Front,
    pub(crate) dice: Dice,
    pub(crate) phones: [Phone; 2],
    /// A device that does what a lying headquarters wants, and a record of it that was logged.
    pub(crate) friend: Device,
    pub(crate) known: Signed,
    watcher: Watcher,
    seed: u64,
    heard: Vec<String>,
}

impl Stage {
    /// Honest days, with a restart among them. `old` becomes a copy of the folder as it was before
    /// the last of them.
    pub(crate) fn new(seed: u64) -> Self {
        let watcher = Watcher::start(WITNESS);
        let known = vec![watcher.by_stick()];
        let world = World::watched_by(NewWitnesses { known, quorum: 1 });
        watcher.watch(world.witness().key());
        let front = Front::start();
        front.lead_to(world.address());
        world.proxy.lead_to(front.address());
        let phones = [world.phone(), world.phone()];
        let mut friend = world.device(1000 + seed);
        let known = friend.protocol(world.country().precinct(0), seed);
        world.wire().push_all([&known]);
        let (dice, heard) = (Dice::of(seed), Vec::new());
        let mut stage = Self { world, front, dice, phones, friend, known, watcher, seed, heard };
        stage.day();
        stage.close();
        copy_folder(stage.world.data(), &stage.old());
        stage.open();
        stage.day();
        stage
    }

    /// The folder as it was before the last honest day.
    pub(crate) fn old(&self) -> std::path::PathBuf {
        self.world.scratch().join("old")
    }

    /// Both phones send, headquarters decides, the witness is asked.
    fn day(&mut self) {
        for phone in [0, 1] {
            for _ in 0..=self.dice.below(2) {
                self.send(phone);
            }
        }
        self.decide();
        self.witness();
        // So that both have been shown a head over all of it.
        self.send(0);
        self.send(1);
    }

    pub(crate) fn close(&mut self) {
        self.world.end(Ending::InOrder);
    }

    pub(crate) fn open(&mut self) {
        self.world.start();
        self.front.lead_to(self.world.address());
        self.world.proxy.lead_to(self.front.address());
    }

    /// Another record of a phone, and what the phone says to the answer.
    pub(crate) fn send(&mut self, phone: usize) {
        self.capture(phone);
        self.sync(phone);
    }

    pub(crate) fn capture(&mut self, phone: usize) -> hattama_proto::id::RecordId {
        self.seed += 1;
        let unit = usize::try_from(self.dice.below(12)).unwrap();
        let unit = self.world.country().precinct(unit);
        self.phones[phone].protocol(unit, self.seed)
    }

    pub(crate) fn sync(&mut self, phone: usize) {
        for _ in 0..TRIES {
            let report = self.phones[phone].sync_once();
            for alarm in report.alarms {
                self.heard.push(format!("phone: {alarm:?}"));
            }
            let sent = self.phones[phone].waiting().is_empty();
            if sent || !self.heard.is_empty() {
                return;
            }
        }
        panic!("nothing comes of it, and nobody says why: {:?}", self.phones[phone].waiting());
    }

    /// A decision about the friend's record.
    pub(crate) fn decide(&mut self) {
        let path = format!("/v1/records/{}/decisions", self.known.id);
        let why = json!({"disposition": "counted", "reason": "seen"});
        assert_eq!(self.world.wire().post(&path, &why).status, 200);
    }

    /// The witness is asked over the network, as headquarters asks; what it refuses is heard.
    pub(crate) fn witness(&mut self) {
        self.wait_for_publication();
        let wire = self.world.wire();
        let asked = wire.get(&format!("/v1/cosignatures/request?witness={WITNESS}"));
        let text = asked.json()["request"].as_str().unwrap_or_default().to_owned();
        let mut request = AddCheckpoint::parse(&text).unwrap();
        let (mut status, mut said) = self.ask(&request);
        if status == 409 {
            // It has cosigned more than this headquarters remembers: a proof from there, then.
            let size: u64 = said.trim_end().parse().unwrap();
            let reply = self.reply_to_known(size);
            let Some(proof) = reply.consistency else {
                self.heard.push(format!("witness: cosigned {size}, which the log has not"));
                return;
            };
            let proof = proof.iter().map(|hash| Hash::from_base64(hash).unwrap()).collect();
            request = AddCheckpoint { old_size: size, proof, note: reply.checkpoint.unwrap() };
            (status, said) = self.ask(&request);
        }
        if status != 200 {
            self.heard.push(format!("witness: {status} {said}"));
            return;
        }
        let line = NoteSignature::parse(said.trim_end()).unwrap();
        let note = SignedNote::parse(&request.note).unwrap().with([line]).unwrap();
        let taken = wire.post("/v1/cosignatures", &json!({"note": note.to_string()}));
        assert_eq!(taken.status, 200, "{}", taken.text());
    }

    /// Witnesses are asked about what is published: gives that the time to become what is signed. A
    /// headquarters that cheats may never publish it, and is asked about what it shows.
    fn wait_for_publication(&self) {
        let note = self.reply_to_known(0).checkpoint.unwrap();
        let text = SignedNote::parse(&note).unwrap();
        let signed = Checkpoint::parse(text.unverified_text()).unwrap().size;
        for _ in 0..PUBLICATION_POLLS {
            if self.published().size >= signed {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    fn ask(&self, request: &AddCheckpoint) -> (u16, String) {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let url = format!("{}/add-checkpoint", self.watcher.url());
        let mut answer = agent.post(url).send(request.to_text()).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// The friend's record once more: its receipt, the head, and a proof from `seen` leaves.
    pub(crate) fn reply_to_known(&self, seen: u64) -> PushReply {
        let (origin, root) = (self.key().name().to_string(), TreeRoot::from_bytes([0; 32]));
        let batch = PushRequest {
            records: vec![self.known.text.clone()],
            seen: Some(Seen { origin, size: seen, root }),
            ..PushRequest::default()
        };
        self.world.wire().push(&batch).unwrap()
    }

    /// Somebody copies the public log over the network and checks the copy; then everything is
    /// closed and checked.
    fn fsck(&mut self) {
        if let Err(lie) = self.fsck_mirror() {
            self.heard.push(format!("fsck: {lie}"));
        }
        self.close();
        if let Some(lie) = self.world.fsck() {
            self.heard.push(format!("fsck: {lie}"));
        }
    }

    fn fsck_mirror(&self) -> Result<(), hattama_server::fsck::FsckError> {
        let wire = self.world.wire();
        let head = self.published();
        let mirror = tempfile::tempdir().unwrap();
        for tile in TileName::grown(0, head.size) {
            let answer = wire.get(&format!("/log/{tile}"));
            if answer.status == 200 {
                let path = mirror.path().join(tile.to_string());
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, answer.body).unwrap();
            }
        }
        fs::write(mirror.path().join("checkpoint"), head.note).unwrap();
        check_public(&PublicFolder::new(mirror.path()), &self.key()).map(drop)
    }

    /// The public head, once there is one.
    pub(crate) fn published(&self) -> Published {
        loop {
            let answer = self.world.wire().get("/log/checkpoint");
            if answer.status == 200 {
                let (key, note) = (self.key(), answer.text());
                let head = Checkpoint::verify(&note, key.name(), &key).unwrap();
                return Published { size: head.size, note };
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// The log's key, as everybody knows it.
    pub(crate) fn key(&self) -> VerifierKey {
        let config = Config::load(&self.world.data().join("hattama.toml")).unwrap();
        let origin = KeyName::new(&config.log_origin).unwrap();
        keys::log(&self.world.data().join("keys"), origin).unwrap().verifier_key().clone()
    }

    /// Everybody looks, in the order in which they meet headquarters: a phone, the witness, then
    /// whoever checks all of it. Tells who saw something first, if anybody did.
    pub(crate) fn look(&mut self, phone: usize) -> Option<String> {
        self.sync_what_waits(phone);
        for look in [Self::witness, Self::fsck] {
            if let Some(first) = self.heard.first() {
                return Some(first.clone());
            }
            look(self);
        }
        self.heard.first().cloned()
    }

    fn sync_what_waits(&mut self, phone: usize) {
        if self.phones[phone].waiting().is_empty() {
            self.capture(phone);
        }
        self.sync(phone);
    }
}

/// The public head.
pub(crate) struct Published {
    pub(crate) size: u64,
    note: String,
}
