//! The election set-up on the phone: a signed manifest in the outbox, its parts as files under
//! `packs/`, named by their hashes.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    sync::Arc,
};

use hattama_proto::{
    id::PartHash,
    key::PublicKey,
    limits::PACK_PART_BYTES_MAX,
    pack::{Pack, PackManifest, PartName, PartRef},
    statement::Statement,
    tlog::{Origin, VerifierKey},
};
use zeroize::Zeroizing;

use super::{Notebook, lock};
use crate::{
    at_rest::Files,
    error::NotebookError,
    outbox,
    sealing::{PhotoSealing, Policy},
    sync::{Heard, Trust, fetch_part, hear_bytes, statement},
    transport::{Stop, Transport},
};

/// Why a set-up was not taken over.
pub(super) enum Unfetched {
    /// The network or headquarters: another time.
    Heard(Heard<Vec<u8>>),
    /// It is not what the root signed, or this phone cannot keep it.
    Wrong(NotebookError),
}

impl<E: Into<NotebookError>> From<E> for Unfetched {
    fn from(error: E) -> Self {
        Self::Wrong(error.into())
    }
}

impl Notebook {
    /// The election set-up; none before the enrolment.
    pub fn pack(&self) -> Result<Option<Arc<Pack>>, NotebookError> {
        self.still_unlocked()?;
        let mut cached = lock(&self.pack);
        if let Some(pack) = cached.as_ref() {
            return Ok(Some(Arc::clone(pack)));
        }
        let _working = self.at_work.within();
        let Some(manifest) = self.manifest()? else { return Ok(None) };
        let pack = Arc::new(self.assemble(&manifest.claims.body)?);
        *cached = Some(Arc::clone(&pack));
        Ok(Some(pack))
    }

    /// One part of the set-up, as JSON, for the screens an app draws of it; none before the enrolment.
    pub fn set_up_part(&self, name: PartName) -> Result<Option<String>, NotebookError> {
        let _working = self.enter()?;
        // Checked as a whole first, and again against its hash.
        if self.pack()?.is_none() {
            return Ok(None);
        }
        let Some(manifest) = self.manifest()? else { return Ok(None) };
        let Some(part) = manifest.claims.body.parts.get(&name) else { return Ok(None) };
        let files = self.files()?;
        let mut bytes = files.read(&self.part_path(part.sha256, &files))?;
        if PartHash::of(&bytes) != part.sha256 {
            return Err(NotebookError::untrusted(format!("part {name} was altered on the phone")));
        }
        String::from_utf8(std::mem::take(&mut *bytes)).map(Some).map_err(NotebookError::untrusted)
    }

    /// What answers are checked against; none before the enrolment.
    pub(super) fn trust(&self) -> Result<Option<Trust>, NotebookError> {
        let (Some(pack), Some(root)) = (self.pack()?, self.root_key()?) else { return Ok(None) };
        trust_of(&pack, root).map(Some)
    }

    /// Takes over the set-up of `text`, a manifest that the root is said to have signed, in the
    /// memory of this process; what the caller commits makes it last.
    pub(super) fn fetch_set_up(
        &self,
        manifest: &Statement<PackManifest>,
        transport: &dyn Transport,
        stop: &Stop,
    ) -> Result<Pack, Unfetched> {
        for (name, part) in &manifest.claims.body.parts {
            self.fetch_part(*name, *part, transport, stop)?;
        }
        let pack = self.assemble(&manifest.claims.body)?;
        if pack.election.id != manifest.claims.election {
            return Err(NotebookError::untrusted("the set-up is of another election").into());
        }
        Ok(pack)
    }

    /// Uses `pack` from now on.
    pub(super) fn use_pack(&self, pack: Pack) {
        *lock(&self.pack) = Some(Arc::new(pack));
    }

    /// The facts that make a set-up last.
    pub(super) fn pack_facts(
        &self,
        pack: &Pack,
        manifest: &Statement<PackManifest>,
        invited: &[String],
    ) -> Vec<(&'static str, Option<String>)> {
        // Addresses that were handed over personally come first.
        let mut addresses = invited.to_vec();
        for address in &pack.election.addresses {
            if !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
        let addresses = serde_json::to_string(&addresses).expect("texts are JSON");
        let sealing = pack.election.sealing.as_ref();
        let sealing = sealing.map(|asked| serde_json::to_string(asked).expect("texts are JSON"));
        vec![
            (outbox::MANIFEST, Some(manifest.verified.text().to_owned())),
            (outbox::NEXT_MANIFEST, None),
            (outbox::HQ_KEY, Some(pack.election.keys.hq.to_string())),
            (outbox::ADDRESSES, Some(addresses)),
            (outbox::SEALING, sealing),
        ]
    }

    /// What is done with photographs that are taken in now, as the set-up says.
    pub(super) fn sealing(&self) -> Policy {
        // A set-up that cannot be read now must not stop a capture, nor end the sealing.
        if let Ok(Some(pack)) = self.pack() {
            return Policy::of(pack.election.sealing.as_ref());
        }
        let kept = self.with(|outbox| outbox.setting(outbox::SEALING)).ok().flatten();
        match kept.map(|text| serde_json::from_str(&text)) {
            None => Policy::Off,
            Some(Ok(asked)) => Policy::of(Some(&asked)),
            Some(Err(_)) => Policy::Unusable,
        }
    }

    /// Whether photographs that are taken now are sealed to headquarters.
    pub fn photo_sealing(&self) -> PhotoSealing {
        self.sealing().told()
    }

    /// The manifest in use, checked again.
    pub(super) fn manifest(&self) -> Result<Option<Statement<PackManifest>>, NotebookError> {
        let text = self.with(|outbox| outbox.setting(outbox::MANIFEST))?;
        let (Some(text), Some(root), Some(election)) = (text, self.root_key()?, self.election()?)
        else {
            return Ok(None);
        };
        statement(&text, &root, &election).map(Some)
    }

    /// The root key, as the invitation named it.
    pub(super) fn root_key(&self) -> Result<Option<PublicKey>, NotebookError> {
        self.with(|outbox| outbox.setting(outbox::ROOT_KEY))?
            .map(|key| {
                PublicKey::parse(&key)
                    .map_err(|error| NotebookError::Storage { reason: error.to_string() })
            })
            .transpose()
    }

    fn assemble(&self, manifest: &PackManifest) -> Result<Pack, NotebookError> {
        let files = self.files()?;
        let mut parts: BTreeMap<PartName, Zeroizing<Vec<u8>>> = BTreeMap::new();
        for (name, part) in &manifest.parts {
            parts.insert(*name, files.read(&self.part_path(part.sha256, &files))?);
        }
        Pack::assemble(manifest, |name| parts.get(&name).map(|bytes| bytes.as_slice()))
            .map_err(NotebookError::untrusted)
    }

    fn fetch_part(
        &self,
        name: PartName,
        part: PartRef,
        transport: &dyn Transport,
        stop: &Stop,
    ) -> Result<(), Unfetched> {
        let files = self.files()?;
        let path = self.part_path(part.sha256, &files);
        if files.read(&path).is_ok_and(|bytes| PartHash::of(&bytes) == part.sha256) {
            return Ok(());
        }
        if part.bytes > PACK_PART_BYTES_MAX {
            return Err(NotebookError::untrusted(format!("part {name} is too large")).into());
        }
        let heard = hear_bytes(transport.execute(fetch_part(part.sha256, part.bytes), stop));
        let Heard::Reply(bytes) = heard else { return Err(Unfetched::Heard(heard)) };
        if PartHash::of(&bytes) != part.sha256 {
            let reason = format!("part {name} is not the one that was signed");
            return Err(NotebookError::untrusted(reason).into());
        }
        let fresh = self.folder.join("tmp").join(files.name(&part.sha256.to_hex()));
        let mut file = files.create(&fresh)?;
        file.write_all(&bytes)?;
        file.finish()?;
        fs::rename(fresh, path)?;
        File::open(self.folder.join("packs"))?.sync_all()?;
        Ok(())
    }

    fn part_path(&self, part: PartHash, files: &Files) -> PathBuf {
        self.folder.join("packs").join(files.name(&part.to_hex()))
    }
}

/// What answers are checked against, as a set-up names it.
pub(super) fn trust_of(pack: &Pack, root: PublicKey) -> Result<Trust, NotebookError> {
    let keys = &pack.election.keys;
    Ok(Trust {
        election: pack.election.id.clone(),
        root,
        hq: keys.hq,
        origin: Origin::new(&keys.log_origin).map_err(NotebookError::untrusted)?,
        log: VerifierKey::parse(&keys.log_vkey).map_err(NotebookError::untrusted)?,
        policy: keys.policy().map_err(NotebookError::untrusted)?,
        pack_version: pack.version,
    })
}
