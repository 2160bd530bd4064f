//! `hattama init`: makes a headquarters and says what to do with its secrets.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use clap::Args;
use hattama_proto::tlog::{CosignerKey, KeyName};

use super::{CliError, output};
use crate::{
    clock,
    config::WitnessConfig,
    folder::{DataFolder, write_durably},
    keys,
    setup::{self, InitOptions, NewHeadquarters, NewSealing, NewWitnesses, Setup},
};

/// Where `init` and `serve` listen unless told otherwise.
pub(super) const LISTEN: &str = "127.0.0.1:8480";

const AFTER_HELP: &str = "\
A set-up folder holds election.json (without `keys` and `addresses`, which are filled in here), \
forms.json, incidents.json and units.json.

Example:
  hattama init --folder hq --setup tests/fixtures/tiny-setup --token-file operator.token";

/// Flags of `hattama init`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Init {
    /// Folder to make; it will hold keys, database and photographs
    #[arg(long, value_name = "DIR", env = "HATTAMA_FOLDER")]
    folder: PathBuf,
    /// Folder with the election set-up
    #[arg(long, value_name = "DIR")]
    setup: PathBuf,
    /// Address and port to listen on; plain HTTP is served on loopback only
    #[arg(long, value_name = "ADDR:PORT", env = "HATTAMA_LISTEN", default_value = LISTEN)]
    listen: SocketAddr,
    /// Address under which phones reach this headquarters; repeat it for several, tried in order
    #[arg(long = "address", value_name = "URL")]
    addresses: Vec<String>,
    /// Name of the log, for ever: host and path. Made of the first address and the election if
    /// not given
    #[arg(long, value_name = "NAME")]
    log_origin: Option<String>,
    /// postgres://... or the path of a SQLite file, instead of hq.db in the folder
    #[arg(long, value_name = "URL", env = "HATTAMA_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// s3://BUCKET?endpoint=https://HOST or another folder for photographs, instead of blobs in
    /// the folder
    #[arg(long, value_name = "URL", env = "HATTAMA_BLOBS", hide_env_values = true)]
    blobs: Option<String>,
    /// Name of the operator account, as histories and decisions will show it
    #[arg(long, value_name = "NAME", default_value = "operator")]
    operator: String,
    /// A witness of the log: the key that `hattama witness init` printed, and after a comma the
    /// address it is asked under, if there is one; repeat it for several
    #[arg(long = "witness", value_name = "VKEY[,URL]")]
    witnesses: Vec<String>,
    /// How many witnesses must have cosigned before phones call a receipt cosigned; all if not
    /// given
    #[arg(long, value_name = "COUNT", requires = "witnesses")]
    quorum: Option<u32>,
    /// Phones seal photographs to headquarters when they are taken and cannot read them back; the key
    /// is made in keys/sealing.age
    #[arg(long)]
    seal_photographs: bool,
    /// Somebody else who can open sealed photographs: a recipient of age (age1...), whose key is kept
    /// elsewhere; repeat it for several. Without --seal-photographs headquarters itself cannot
    #[arg(long = "recipient", value_name = "RECIPIENT")]
    recipients: Vec<String>,
    /// Phones seal previews and thumbnails too, and can show none
    #[arg(long)]
    seal_previews: bool,
    /// Make it a drill: another election in every signature, another log, a banner on every page
    #[arg(long)]
    drill: bool,
    /// Also write the operator token into this file, readable by you only
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Init {
    /// Makes it.
    pub(super) fn run(self) -> Result<(), CliError> {
        let addresses = addresses(self.addresses, self.listen)?;
        if let Some(file) = &self.token_file {
            check_token_file(file)?;
        }
        let setup = Setup::read(&self.setup)?;
        let setup = if self.drill { setup.into_drill()? } else { setup };
        let log_origin = match self.log_origin {
            Some(origin) => origin,
            None => default_origin(&addresses, &self.setup)?,
        };
        let log_origin =
            if self.drill { format!("{log_origin}{}", setup::DRILL_SUFFIX) } else { log_origin };
        let options = InitOptions {
            listen: self.listen,
            addresses,
            log_origin,
            database: self.database,
            blobs: self.blobs,
            operator: self.operator,
            witnesses: witnesses(&self.witnesses, self.quorum)?,
            sealing: sealing(self.seal_photographs, &self.recipients, self.seal_previews)?,
        };
        let made = super::serve::runtime()?.block_on(setup::init(
            &self.folder,
            &setup,
            &options,
            clock::system,
        ))?;
        let told = tell(&self.folder, &options, &made, self.token_file.as_deref())?;
        // Said before the file is written: the token is told once, and a full disk must not eat it.
        output::say(&told)?;
        if let Some(file) = &self.token_file {
            write_durably(file, format!("{}\n", made.operator_token).as_bytes())
                .map_err(|error| CliError::unwritable(file, &error))?;
        }
        Ok(())
    }
}

fn tell(
    folder: &Path,
    options: &InitOptions,
    made: &NewHeadquarters,
    token_file: Option<&Path>,
) -> Result<String, CliError> {
    let rooms = DataFolder::open(folder)?;
    let origin = KeyName::new(&options.log_origin)
        .map_err(|error| CliError::Input(format!("the log's name: {error}")))?;
    let log = keys::log(&rooms.keys(), origin)?;
    let hq = keys::hq(&rooms.keys())?;
    let root = rooms.keys().join("root.seed");
    let reached = match options.addresses.as_slice() {
        [] => "the address that `hattama serve` prints".to_owned(),
        addresses => addresses.join(", "),
    };
    let with_token = token_file.map_or_else(
        || "--token-file FILE".to_owned(),
        |file| format!("--token-file {}", file.display()),
    );
    Ok(format!(
        "Made a headquarters for the election {election} in {folder}.

operator token  {token}
                told once, only its hash is kept: it opens everything
log key         {log}
                anybody checks receipts with it: `hattama verify --vkey`
statement key   {hq}
                signs what headquarters says
root key        {root_kid}
                {root}
                signs changes of the election set-up and nothing else: move this file to a
                medium that is kept offline; serving does not need it
{sealed}reached at      {reached}

Next:
  hattama user --folder {folder} password {operator}
                a name and a password for the pages, with a second factor on /account; then
                end the token, or keep it offline
  hattama serve --folder {folder}
  hattama invite {with_token} --label NAME --org ORG
",
        election = made.election,
        folder = folder.display(),
        operator = options.operator,
        token = made.operator_token,
        log = log.verifier_key(),
        hq = hq.public(),
        root_kid = made.root,
        root = root.display(),
        sealed = told_of_sealing(made, folder),
    ))
}

/// Witnesses as they were named, all of them needed unless said otherwise.
fn witnesses(given: &[String], quorum: Option<u32>) -> Result<NewWitnesses, CliError> {
    let one = |text: &String| {
        // A name may hold a comma, an address that begins so does not end a key.
        let (vkey, url) = match text.rsplit_once(",http") {
            Some((vkey, rest)) => (vkey, Some(format!("http{rest}"))),
            None => (text.as_str(), None),
        };
        let key = CosignerKey::parse(vkey)
            .map_err(|error| CliError::Input(format!("--witness {vkey}: {error}")))?;
        Ok(WitnessConfig { name: key.name().to_string(), vkey: key.to_string(), url })
    };
    let known = given.iter().map(one).collect::<Result<Vec<_>, CliError>>()?;
    let all = u32::try_from(known.len()).unwrap_or(u32::MAX);
    Ok(NewWitnesses { known, quorum: quorum.unwrap_or(all) })
}

/// To whom phones seal, as it was asked for.
fn sealing(here: bool, given: &[String], previews: bool) -> Result<NewSealing, CliError> {
    let one = |text: &String| {
        text.parse().map_err(|error| CliError::Input(format!("--recipient {text}: {error}")))
    };
    let recipients = given.iter().map(one).collect::<Result<Vec<_>, CliError>>()?;
    Ok(NewSealing { here, recipients, previews })
}

/// What is told of sealing.
fn told_of_sealing(made: &NewHeadquarters, folder: &Path) -> String {
    if made.sealed_to.is_empty() {
        return String::new();
    }
    let mut text = format!("sealed to       {}\n", made.sealed_to.join("\n                "));
    text.push_str(&match made.sealed_here {
        Some(_) => format!(
            "                phones seal photographs to all of them; {} opens them here:\n                \
             back it up, or what waits sealed stays so\n",
            folder.join("keys").join("sealing.age").display()
        ),
        None => "                phones seal photographs to all of them; nobody here can open one: they \
                 wait\n                for `hattama unseal --identity FILE`\n"
            .to_owned(),
    });
    text
}

/// Addresses as phones will use them.
fn addresses(given: Vec<String>, listen: SocketAddr) -> Result<Vec<String>, CliError> {
    for address in &given {
        check_address(address)?;
    }
    let given: Vec<String> =
        given.into_iter().map(|address| address.trim_end_matches('/').to_owned()).collect();
    if !given.is_empty() {
        return Ok(given);
    }
    if !listen.ip().is_loopback() {
        return Err(CliError::Input(
            "say under which address phones reach this headquarters: --address \
             https://hq.example.org"
                .into(),
        ));
    }
    // Port 0 is another port at each start; `serve` fills it in.
    Ok(if listen.port() == 0 { Vec::new() } else { vec![format!("http://{listen}")] })
}

fn check_address(address: &str) -> Result<(), CliError> {
    let wrong = || {
        CliError::Input(format!(
            "{address} cannot be an address of headquarters: write https://HOST, or \
             http://127.0.0.1:PORT for this machine only"
        ))
    };
    let (scheme, host) = host_of(address).ok_or_else(wrong)?;
    match scheme {
        "https" if !host.is_empty() => Ok(()),
        "http" if is_local(address) => Ok(()),
        _ => Err(wrong()),
    }
}

/// Whether an address leads to this machine itself.
pub(super) fn is_local(address: &str) -> bool {
    let host = host_of(address).map_or("", |(_, host)| host);
    let name =
        if host.ends_with(']') { host } else { host.rsplit_once(':').map_or(host, |(n, _)| n) };
    let name = name.trim_matches(['[', ']']);
    name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn host_of(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    Some((scheme, rest.split('/').next().unwrap_or(rest)))
}

/// Host of the first address and the election: `hq.example.org/kz-2005`.
fn default_origin(addresses: &[String], setup: &Path) -> Result<String, CliError> {
    let path = setup.join("election.json");
    let bytes = fs::read(&path).map_err(|error| CliError::unreadable(&path, &error))?;
    let election: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|error| CliError::Input(format!("{} is not JSON: {error}", path.display())))?;
    let id = election.get("id").and_then(serde_json::Value::as_str).ok_or_else(|| {
        CliError::Input(format!("{} does not say the election's `id`", path.display()))
    })?;
    let host = match addresses.first().and_then(|first| host_of(first)) {
        Some(("https", host)) => host.split(':').next().unwrap_or(host),
        _ => "localhost",
    };
    Ok(format!("{host}/{id}"))
}

/// Found out before anything is made, because the token is told once.
fn check_token_file(file: &Path) -> Result<(), CliError> {
    if file.exists() {
        return Err(CliError::Input(format!(
            "{} is there already; choose another file for the operator token",
            file.display()
        )));
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if folder.is_dir() {
        Ok(())
    } else {
        Err(CliError::Input(format!(
            "the folder {} for the operator token is not there",
            folder.display()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_given_addresses_they_can_use() {
        for good in ["https://hq.example.org", "https://hq.example.org:8443/", "http://[::1]:8480"]
        {
            assert!(check_address(good).is_ok(), "{good}");
        }
        for local in ["http://localhost", "http://127.0.0.1:1", "http://[::1]", "https://[::1]:2/"]
        {
            assert!(is_local(local), "{local}");
        }
        for bad in ["http://hq.example.org", "hq.example.org", "https://", "ftp://localhost"] {
            assert!(matches!(check_address(bad), Err(CliError::Input(_))), "{bad}");
        }
    }

    #[test]
    fn without_an_address_a_loopback_one_serves_and_no_other() {
        let local = "127.0.0.1:8480".parse().unwrap();
        assert_eq!(addresses(Vec::new(), local).unwrap(), ["http://127.0.0.1:8480"]);
        let any = "127.0.0.1:0".parse().unwrap();
        assert!(addresses(Vec::new(), any).unwrap().is_empty());
        assert!(addresses(Vec::new(), "0.0.0.0:443".parse().unwrap()).is_err());
    }
}
