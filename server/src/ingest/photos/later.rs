//! Photos that were held sealed are taken in, once somebody brings a key; and sealed files that come on a
//! stick instead of over the network.

use std::{fs, io::Read, path::Path};

use hattama_proto::{id::PhotoHash, limits::SEALED_BYTES_MAX, sealing::Identity};
use serde::Serialize;

use super::{
    PhotoError, Photos, admitted_sealed, blocking,
    held::Held,
    partial::hash_file,
    unseal::{Unsealed, unseal},
};
use crate::{
    log::{Item, PhotoItem},
    store,
};

/// What became of the sealed files that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TakenIn {
    /// Photos that are here now.
    pub taken: u64,
    /// Photos that were here already.
    pub known: u64,
    /// Files that none of the keys opens.
    pub held: u64,
    /// Files whose photo no stored record names yet.
    pub unnamed: u64,
    /// Photos whose sealed file was altered, or holds something else. It is left where it is.
    pub wrong: Vec<PhotoHash>,
}

/// What became of a sealed file that somebody brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// It is kept with the others that wait for a key.
    Kept,
    /// Its photo is here already.
    Known,
    /// No stored record names its photo; bring the record first.
    Unnamed,
    /// No photo that a record names can be in a file of this length.
    Wrong,
}

impl Photos {
    /// Takes in every photo that is held sealed and that headquarters' own keys or `keys` open.
    pub async fn unseal_held(&self, keys: &[Identity]) -> Result<TakenIn, PhotoError> {
        let keys: Vec<Identity> = self.identities.iter().chain(keys).cloned().collect();
        let held = self.held.clone();
        let mut done = TakenIn::default();
        for one in blocking(move || Ok(held.all()?)).await? {
            let photo = one.photo;
            match self.unseal_one(one, &keys).await? {
                Fate::Taken => done.taken += 1,
                Fate::Known => done.known += 1,
                Fate::Held => done.held += 1,
                Fate::Unnamed => done.unnamed += 1,
                Fate::Wrong => done.wrong.push(photo),
            }
        }
        Ok(done)
    }

    /// Keeps a sealed file that came by another way, as if a phone had sent it. What is in it is found
    /// out by [`unseal_held`](Self::unseal_held).
    pub async fn bring_sealed(
        &self,
        photo: PhotoHash,
        from: &mut (dyn Read + Send),
    ) -> Result<Brought, PhotoError> {
        if self.position(photo).await?.is_some() {
            return Ok(Brought::Known);
        }
        let announced = store::photos::announced(&self.db, &photo).await?;
        let beside = self.partial.join(format!("{photo}.brought"));
        let bytes = {
            let mut file = fs::File::create(&beside)?;
            let bytes = std::io::copy(&mut from.take(SEALED_BYTES_MAX + 1), &mut file)?;
            file.sync_data()?;
            bytes
        };
        let fate = match admitted_sealed(&announced, bytes) {
            Ok(_) => Brought::Kept,
            Err(PhotoError::SizeConflict) => Brought::Wrong,
            Err(_) => Brought::Unnamed,
        };
        if fate == Brought::Kept {
            let sealed = hash_file(&beside)?;
            self.held.keep(&beside, &photo, &sealed)?;
        } else {
            fs::remove_file(&beside)?;
        }
        Ok(fate)
    }

    async fn unseal_one(&self, held: Held, keys: &[Identity]) -> Result<Fate, PhotoError> {
        let photo = held.photo;
        if self.position(photo).await?.is_some() {
            fs::remove_file(&held.path)?;
            return Ok(Fate::Known);
        }
        let bytes = fs::metadata(&held.path)?.len();
        let announced = store::photos::announced(&self.db, &photo).await?;
        let original = match admitted_sealed(&announced, bytes) {
            Ok(original) => original,
            Err(PhotoError::NotExpected) => return Ok(Fate::Unnamed),
            Err(_) => return Ok(Fate::Wrong),
        };
        let opened = self.partial.join(format!("{photo}.opened"));
        let (keys, to, file) = (keys.to_vec(), opened.clone(), held.clone());
        let unsealed = blocking(move || {
            if hash_file(&file.path)? != file.sealed {
                return Ok(Unsealed::Wrong);
            }
            Ok(unseal(&file.path, &keys, &file.photo, &to)?)
        })
        .await?;
        match unsealed {
            Unsealed::NotFor => return Ok(Fate::Held),
            Unsealed::Wrong => return Ok(Fate::Wrong),
            Unsealed::Right => {}
        }
        self.blobs.keep(opened.clone(), &photo).await?;
        let item = PhotoItem { sha256: photo, bytes: original, verified_at: (self.clock)() };
        self.sequencer.append(vec![Item::Photo(item)]).await?;
        // The photo is durable and logged: what it came in is worth nothing any more.
        forget(&opened)?;
        fs::remove_file(&held.path)?;
        Ok(Fate::Taken)
    }
}

enum Fate {
    Taken,
    Known,
    Held,
    Unnamed,
    Wrong,
}

/// A bucket leaves the file, a folder takes it.
fn forget(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
