//! A published account of all records, against the public log and against the store.

use std::sync::Arc;

use hattama_proto::{
    jws::Envelope,
    key::PublicKey,
    statement::{Accounting, RegionTally, Statement},
    tlog::{Hash, KeyName, LogEntry, Tree},
};

use super::{FsckError, Lie, PublicLog};
use crate::{
    accounting::{Accounts, LedgerReader},
    book::{self, Authority},
    config::Config,
    folder::DataFolder,
    keys,
    log::PublicFolder,
    merge::Row,
    store::{self, Db},
};

/// Reads an account: signed by this key of headquarters, and one that can be true.
pub fn read_accounting(text: &str, hq: &PublicKey) -> Result<Statement<Accounting>, Lie> {
    let verified = Envelope::parse(text)
        .and_then(|envelope| envelope.verify(hq))
        .map_err(|_| Lie::AccountNotSigned)?;
    let statement = Statement::<Accounting>::read(verified).map_err(|_| Lie::AccountNotSigned)?;
    statement.claims.body.check()?;
    Ok(statement)
}

impl PublicLog {
    /// That an account speaks of this log, and of every record that is in it.
    pub fn check_accounting(&self, account: &Accounting) -> Result<(), FsckError> {
        check_root(&self.tree, account)?;
        let is_record = |entry: &[u8]| matches!(LogEntry::parse(entry), Ok(LogEntry::Record(_)));
        let first = usize::try_from(account.size).unwrap_or(usize::MAX);
        let entries = self.entries.iter().take(first);
        let logged = entries.filter(|entry| is_record(entry)).count() as u64;
        let (said, size) = (account.total.received, account.size);
        if said != logged {
            return Err(Lie::AccountReceived { said, logged, size }.into());
        }
        Ok(())
    }
}

fn check_root(tree: &Tree, account: &Accounting) -> Result<(), FsckError> {
    let (size, known) = (account.size, tree.len());
    if size > known {
        return Err(FsckError::AccountNewer { size, known });
    }
    if tree.root_at(size) != Ok(Hash::from_bytes(*account.root.as_bytes())) {
        return Err(Lie::AccountRoot(size).into());
    }
    Ok(())
}

/// Checks an account against the headquarters in `folder`, which must not be served meanwhile: it
/// is made anew from every record and decision below its size, their signatures checked again.
/// Tells whose key had signed it.
pub async fn check_accounting(
    folder: &DataFolder,
    config: &Config,
    text: &str,
) -> Result<(Accounting, PublicKey), FsckError> {
    let _lock = folder.lock()?;
    let db = Db::open(&config.database_url(folder)?, crate::clock::system()).await?;
    let authority = Authority { hq: keys::hq(&folder.keys())?.public(), root: config.root_key };
    let checked = against_store(&db, authority, text).await;
    db.close().await;
    checked
}

/// The account that the headquarters in `folder` gives, made anew and signed; none if nothing was
/// published. It must not be served meanwhile, and nothing but its files is asked. Tells which key of
/// the set-up it should be signed with.
pub async fn account_of_folder(
    folder: &DataFolder,
    config: &Config,
) -> Result<(Option<Arc<str>>, PublicKey), FsckError> {
    let _lock = folder.lock()?;
    let db = Db::open(&config.database_url(folder)?, crate::clock::system()).await?;
    let made = make_account(&db, folder, config).await;
    db.close().await;
    made
}

async fn make_account(
    db: &Db,
    folder: &DataFolder,
    config: &Config,
) -> Result<(Option<Arc<str>>, PublicKey), FsckError> {
    let key = Arc::new(keys::hq(&folder.keys())?);
    let authority = Authority { hq: key.public(), root: config.root_key };
    let hq = book::load(db, authority).await?.pack.election.keys.hq;
    let origin = KeyName::new(&config.log_origin)
        .map_err(|_| FsckError::Origin(config.log_origin.clone()))?;
    let log = keys::log(&folder.keys(), origin)?.verifier_key().clone();
    let (public, election) = (PublicFolder::new(&folder.log()), config.election.clone());
    let clock = crate::clock::system;
    let accounts = Accounts::new(db.clone(), authority, public, log, election, key, clock);
    Ok((accounts.newest().await?, hq))
}

async fn against_store(
    db: &Db,
    authority: Authority,
    text: &str,
) -> Result<(Accounting, PublicKey), FsckError> {
    // The key that signs statements is the one in the set-up, not merely the one in the folder.
    let pack = Arc::clone(&book::load(db, authority).await?.pack);
    let hq = pack.election.keys.hq;
    let account = read_accounting(text, &hq)?.claims.body;
    let tree: Tree = store::log::leaves(db, 0).await?.into_iter().collect();
    check_root(&tree, &account)?;
    let (total, rows) = LedgerReader::new(db.clone(), authority).account(account.size).await?;
    let (said, logged) = (account.total.received, total.received);
    if said != logged {
        return Err(Lie::AccountReceived { said, logged, size: account.size }.into());
    }
    if total != account.total {
        return Err(Lie::AccountFates("all regions together".to_owned()).into());
    }
    if !account.regions.is_empty() {
        check_regions(&account.regions, &rows)?;
    }
    Ok((account, hq))
}

/// Whichever rows are shown, each is of a region and says what became of its records.
fn check_regions(said: &[RegionTally], rows: &[Row]) -> Result<(), Lie> {
    for row in rows {
        let name = RegionTally { region: row.region.clone(), tally: None }.name();
        let found = said.iter().find(|said| said.region == row.region);
        let holds = found.is_some_and(|said| said.tally.as_ref().is_none_or(|t| *t == row.tally));
        if !holds {
            return Err(Lie::AccountFates(name));
        }
    }
    match said.iter().find(|said| rows.iter().all(|row| row.region != said.region)) {
        None => Ok(()),
        Some(stranger) => Err(Lie::AccountFates(stranger.name())),
    }
}
