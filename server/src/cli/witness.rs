//! `hattama witness`: makes and serves a witness, or cosigns by file where there is no network.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use hattama_proto::tlog::{ADD_CHECKPOINT_BYTES_MAX, KeyName, VerifierKey};

use super::{
    CliError,
    error::whole,
    logging, output,
    serve::{bind, runtime, stop_signal},
    tls,
};
use crate::{
    clock,
    folder::write_durably,
    http,
    witness::{Added, Witness, WitnessError},
};

const AFTER_HELP: &str = "\
A witness belongs to another organisation than the headquarters it watches, on a machine that \
headquarters cannot reach into. It cosigns a checkpoint only if it continues every one it cosigned \
before, so headquarters cannot show two histories and have both cosigned.

Plain HTTP is served on a loopback address only. Anywhere else give --tls-cert and --tls-key, or \
--behind-proxy if a proxy in front of this process ends TLS.

Never restore the folder from a backup: make a new witness with a new key instead.

Examples:
  hattama witness init --folder w --name witness.example.org
  hattama witness add-log --folder w hq.example.org/kz+1c2d3e4f+AXf...
  hattama witness --folder w --listen 127.0.0.1:8490
  hattama witness cosign --folder w stick/request.add-checkpoint";

/// Flags of `hattama witness`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, args_conflicts_with_subcommands = false)]
pub(super) struct WitnessCommand {
    /// Folder of the witness
    #[arg(long, global = true, value_name = "DIR", env = "HATTAMA_WITNESS")]
    folder: Option<PathBuf>,
    /// Serve on this address and port until Ctrl-C
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// TLS certificate chain in PEM, the witness's own first
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// TLS private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy in front of this process ends TLS
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    behind_proxy: bool,
    #[command(subcommand)]
    command: Option<Do>,
}

#[derive(Debug, Subcommand)]
enum Do {
    /// Make a witness with a key of its own, and print its public half
    Init {
        /// Name of the witness, for ever: by custom its host name
        #[arg(long, value_name = "NAME")]
        name: String,
    },
    /// Watch a log, named by its key as `hattama init` of that headquarters printed it
    AddLog {
        /// The log's key, or a file with it
        #[arg(value_name = "VKEY")]
        vkey: String,
    },
    /// Cosign a request that came as a file; the cosigned checkpoint goes back as a file
    Cosign {
        /// The request, made by `hattama log cosign --export`
        #[arg(value_name = "FILE")]
        request: PathBuf,
        /// Where the cosigned checkpoint goes; FILE.cosigned if not given
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Print the witness's public key and the logs it watches
    Show,
}

impl WitnessCommand {
    /// Does what was asked.
    pub(super) fn run(self) -> Result<(), CliError> {
        let Some(folder) = &self.folder else {
            return Err(CliError::Input("say where the witness is kept: --folder DIR".into()));
        };
        match &self.command {
            None => self.serve(folder),
            Some(Do::Init { name }) => init(folder, name),
            Some(Do::AddLog { vkey }) => add_log(folder, vkey),
            Some(Do::Cosign { request, out }) => cosign(folder, request, out.as_deref()),
            Some(Do::Show) => show(folder),
        }
    }

    fn serve(&self, folder: &Path) -> Result<(), CliError> {
        let Some(listen) = self.listen else {
            return Err(CliError::Input(
                "say where to listen, --listen ADDR:PORT, or which of init, add-log, cosign and \
                 show to do"
                    .into(),
            ));
        };
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Some(tls::load(cert, key)?.config),
            _ if listen.ip().is_loopback() || self.behind_proxy => None,
            _ => {
                return Err(CliError::Input(format!(
                    "{listen} can be reached from outside and would be served unencrypted: give \
                     --tls-cert and --tls-key, or --behind-proxy if a proxy in front of it ends TLS"
                )));
            }
        };
        logging::start();
        let witness = Witness::open(folder, clock::system)?;
        if witness.logs()?.is_empty() {
            output::note("No log is watched yet: name one with `hattama witness add-log VKEY`.");
        }
        runtime()?.block_on(serve(witness, listen, tls))
    }
}

async fn serve(
    witness: Witness,
    listen: SocketAddr,
    tls: Option<rustls::ServerConfig>,
) -> Result<(), CliError> {
    let listener = bind(listen)?;
    let address = listener
        .local_addr()
        .map_err(|error| CliError::Machine(format!("the socket has no address: {error}")))?;
    let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    let key = witness.key().clone();
    let server = http::serve_witness(Arc::new(witness), listener, tls)
        .map_err(|error| CliError::Machine(format!("{url} cannot be served: {error}")))?;
    let handle = server.handle();
    let mut serving = tokio::spawn(server);
    // Listened for before anybody is told that it is ready.
    let told_to_stop = stop_signal()?;
    output::say(&format!("Witness {key} is ready: {url}\nCtrl-C stops it."))?;
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = told_to_stop => {
            handle.stop(true).await;
            serving.await
        }
    };
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(CliError::Machine(format!("serving ended: {error}"))),
        Err(error) => Err(CliError::Other(format!("serving ended: {error}"))),
    }
}

fn init(folder: &Path, name: &str) -> Result<(), CliError> {
    let name = KeyName::new(name).map_err(|error| CliError::Input(format!("--name: {error}")))?;
    let witness = Witness::create(folder, &name, clock::system)?;
    output::say(&format!("{}\n", witness.key()))?;
    output::note(&format!(
        "Made a witness in {}. Give the line above to the headquarters it watches, for [[witness]] \
         in hattama.toml and for `hattama init --witness`; then `hattama witness add-log`.",
        folder.display()
    ));
    Ok(())
}

fn add_log(folder: &Path, vkey: &str) -> Result<(), CliError> {
    let path = Path::new(vkey);
    let text = if path.is_file() {
        fs::read_to_string(path).map_err(|error| CliError::unreadable(path, &error))?
    } else {
        vkey.to_owned()
    };
    let key = VerifierKey::parse(text.trim())
        .map_err(|error| CliError::Input(format!("the log's key: {error}")))?;
    let added = Witness::open(folder, clock::system)?.add_log(&key)?;
    output::say(&match added {
        Added::Now => format!("The log {} is watched.", key.name()),
        Added::Before => format!("The log {} was watched already.", key.name()),
    })
}

fn cosign(folder: &Path, request: &Path, out: Option<&Path>) -> Result<(), CliError> {
    let length = fs::metadata(request).map_err(|error| CliError::unreadable(request, &error))?;
    if length.len() > ADD_CHECKPOINT_BYTES_MAX as u64 {
        return Err(CliError::Input(format!("{} is too long for a request", request.display())));
    }
    let text =
        fs::read_to_string(request).map_err(|error| CliError::unreadable(request, &error))?;
    let out = out.map_or_else(
        || {
            let mut name = request.as_os_str().to_owned();
            name.push(".cosigned");
            PathBuf::from(name)
        },
        Path::to_owned,
    );
    let done = match Witness::open(folder, clock::system)?.cosign(&text) {
        Ok(done) => done,
        Err(WitnessError::Folder(error)) => return Err(error.into()),
        Err(WitnessError::Refused(refusal)) => {
            return Err(CliError::CheckFailed(format!(
                "{} was not cosigned: {}",
                request.display(),
                whole(&refusal)
            )));
        }
    };
    // Stored by now: a stick that is full loses an answer, which can be asked for again.
    write_durably(&out, done.note.as_bytes())
        .map_err(|error| CliError::unwritable(&out, &error))?;
    output::say(&format!(
        "Cosigned; bring {} back and hand it over with `hattama log cosign --import`.",
        out.display()
    ))
}

fn show(folder: &Path) -> Result<(), CliError> {
    let witness = Witness::open(folder, clock::system)?;
    let mut text = format!("{}\n", witness.key());
    for log in witness.logs()? {
        text.push_str(&format!("watches {log}\n"));
    }
    output::say(&text)
}
