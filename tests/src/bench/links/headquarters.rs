//! A real `hattama serve`, a process of its own behind the links, and invitations to it.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use hattama_proto::{id::ElectionId, invitation::Invitation, statement::Mandate};
use hattama_server::{
    app::Headquarters,
    clock,
    config::Config,
    folder::DataFolder,
    ingest::Guest,
    setup::{InitOptions, NewSealing, NewWitnesses, Setup, init},
};

use super::ground;
use crate::{exercise, world::block_on};

/// Where it listens, at every address of the links.
const PORT: u16 = 8443;

/// One that is made and not served yet.
pub(super) struct Made {
    hq: PathBuf,
    chain: PathBuf,
    key: PathBuf,
    /// What phones pin of its certificate.
    pub(super) pin: String,
    /// What it is about.
    pub(super) election: ElectionId,
    /// One for each phone that was asked for.
    pub(super) invitations: Vec<Invitation>,
}

/// Makes one in `folder` with the exercise's set-up, and invites a person for each of these links.
pub(super) fn make(folder: &Path, links: &[usize]) -> Made {
    let setup_folder = folder.join("setup");
    exercise::setup::write_folder(&setup_folder).expect("a scratch folder");
    let (chain, key, pin) = ground::certificate(folder).expect("a certificate can be made");
    let options = InitOptions {
        listen: ([0, 0, 0, 0], PORT).into(),
        addresses: vec![address(1)],
        log_origin: "links.example/exercise".into(),
        database: None,
        blobs: None,
        operator: "bench".into(),
        witnesses: NewWitnesses::default(),
        sealing: NewSealing::default(),
    };
    let hq = folder.join("hq");
    let (election, invitations) = block_on(async {
        let setup = Setup::read(&setup_folder).expect("the exercise's set-up");
        init(&hq, &setup, &options, clock::system).await.expect("a new headquarters");
        let opened = DataFolder::open(&hq).expect("it was just made");
        let mut config = Config::load(&opened.config()).expect("init wrote it");
        config.tls_pin = Some(pin.clone());
        let election = config.election.clone();
        let headquarters =
            Headquarters::open_with(&opened, config, clock::system).await.expect("it opens");
        let mut invitations = Vec::new();
        for link in links {
            let guest = Guest {
                label: format!("link {link}"),
                reach: String::new(),
                org: "bench".parse().expect("a code"),
                mandate: Mandate::Everywhere,
                valid_hours: 3,
            };
            let invited = headquarters.invitations.invite(&guest, "bench", clock::system()).await;
            let (mut invitation, _) = invited.expect("an invitation");
            invitation.hq = vec![address(*link)];
            invitations.push(invitation);
        }
        headquarters.close().await;
        (election, invitations)
    });
    Made { hq, chain, key, pin, election, invitations }
}

/// Where the phone on a link finds headquarters.
pub(super) fn address(link: usize) -> String {
    format!("https://{}:{PORT}", host(link))
}

/// The same for a socket.
pub(super) fn socket(link: usize) -> std::net::SocketAddr {
    format!("{}:{PORT}", host(link)).parse().expect("an address and a port")
}

fn host(link: usize) -> String {
    format!("10.99.0.{link}")
}

/// A running one; killed when it is dropped.
pub(super) struct Serving(Child);

impl Made {
    /// Serves it in headquarters' namespace.
    pub(super) fn serve(&self, namespace: &str) -> Serving {
        let own = std::env::current_exe().expect("this program is a file");
        let mut child = ground::at_headquarters(namespace, &own)
            .args(["hattama", "serve", "--unsound-for-exercises", "--folder"])
            .arg(&self.hq)
            .arg("--tls-cert")
            .arg(&self.chain)
            .arg("--tls-key")
            .arg(&self.key)
            .env("HATTAMA_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let mut said = String::new();
        // Left open: it would not go on with nobody there to hear it.
        let out = child.stdout.as_mut().expect("it is piped");
        BufReader::new(out).read_line(&mut said).expect("it says that it is ready");
        assert!(said.contains("ready"), "headquarters does not serve: {said:?}");
        Serving(child)
    }
}

impl Serving {
    /// Its resident memory now and at most so far, in bytes.
    pub(super) fn memory_bytes(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()));
        let status = status.unwrap_or_default();
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0)
        };
        (kib("VmRSS:") * 1024, kib("VmHWM:") * 1024)
    }

    /// Files and connections that it has open.
    pub(super) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.0.id())).map_or(0, Iterator::count)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
