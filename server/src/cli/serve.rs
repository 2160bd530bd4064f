//! `hattama serve`: opens a headquarters, puts it on a socket, ends in good order.

use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use tokio::runtime::Runtime;

use super::{
    CliError,
    doctor::{Unsound, fit_to_serve},
    init::is_local,
    logging, output, tls,
};
use crate::{app::Headquarters, clock, config::Config, folder::DataFolder, http, open_files};

const AFTER_HELP: &str = "\
Plain HTTP is served on a loopback address only. Anywhere else give --tls-cert and --tls-key, or \
--behind-proxy if a proxy in front of this process ends TLS.

Invitations pin the certificate, so that an observer's phone trusts it and no other: they have to \
be made again when it changes. With a certificate that every phone trusts, say --no-pin.

A set-up that would lose what it acknowledges (a database that does not wait for its disk, one that \
only follows another, a folder on a network) is not served; `hattama doctor` says more. For tests and \
exercises, where nothing is evidence, --unsound-for-exercises serves it all the same.

A store that lacks entries which were signed for is not served either. Restore the newest backup; if \
there is none, --new-epoch goes on from what there is. The statement of it becomes the first new entry \
of the log, keys/log.head.lost-N and log.lost-N/ keep what was signed, and phones send again what they \
have receipts for. Witnesses refuse such a log for good; docs/adr/0010 says why.

Examples:
  hattama serve --folder hq
  hattama serve --folder hq --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem";

/// Flags of `hattama serve`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Serve {
    /// Folder of the headquarters
    #[arg(long, value_name = "DIR", env = "HATTAMA_FOLDER")]
    folder: PathBuf,
    /// Address and port to listen on, instead of those in hattama.toml
    #[arg(long, value_name = "ADDR:PORT", env = "HATTAMA_LISTEN")]
    listen: Option<SocketAddr>,
    /// postgres://... or the path of a SQLite file, instead of the one in hattama.toml
    #[arg(long, value_name = "URL", env = "HATTAMA_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// s3://... or a folder with the photographs, instead of the one in hattama.toml
    #[arg(long, value_name = "URL", env = "HATTAMA_BLOBS", hide_env_values = true)]
    blobs: Option<String>,
    /// Address and port for figures in the form of Prometheus, at /metrics; loopback or a private network
    #[arg(long, value_name = "ADDR:PORT", env = "HATTAMA_METRICS")]
    metrics: Option<SocketAddr>,
    /// Told to stop, go on answering for so long while /readyz says 503, for a balancer to notice
    #[arg(long, value_name = "SECONDS", env = "HATTAMA_LEAVE_SECONDS")]
    leave_seconds: Option<u32>,
    /// TLS certificate chain in PEM, the server's own first
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "HATTAMA_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// TLS private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "HATTAMA_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// A proxy in front of this process ends TLS; name it for whoever reads the configuration
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..=1,
        default_missing_value = "yes",
        conflicts_with_all = ["tls_cert", "tls_key"]
    )]
    behind_proxy: Option<String>,
    /// The certificate is one that every phone trusts: invitations do not pin it
    #[arg(long)]
    no_pin: bool,
    /// The store was restored from a backup that lacks the newest entries of the log, and there is no
    /// newer one: go on from it, log that before anything else, and tell every phone
    #[arg(long, requires = "reason")]
    new_epoch: bool,
    /// Why entries were lost, in words that everybody may read
    #[arg(long, value_name = "WORDS", requires = "new_epoch")]
    reason: Option<String>,
    /// Serve although what is acknowledged may be lost; never where something is evidence
    #[arg(long)]
    unsound_for_exercises: bool,
}

impl Serve {
    /// Serves until it is told to stop.
    pub(super) fn run(self) -> Result<(), CliError> {
        logging::start();
        if let Some(files) = open_files::raise() {
            tracing::info!(files, "so many files and connections may be open at once");
        }
        let folder = DataFolder::open(&self.folder)?;
        let mut config = Config::load(&folder.config())?;
        self.amend(&mut config);
        let tls = check_transport(&mut config, self.no_pin)?;
        check_metrics(&config)?;
        let unsound = if self.unsound_for_exercises { Unsound::Serve } else { Unsound::Refuse };
        runtime()?.block_on(async {
            fit_to_serve(&folder, &config, unsound).await?;
            serve(&folder, config, tls, self.reason.as_deref()).await
        })
    }

    /// Flags and environment go before the file.
    fn amend(&self, config: &mut Config) {
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if let Some(metrics) = self.metrics {
            config.metrics = Some(metrics);
        }
        if let Some(seconds) = self.leave_seconds {
            config.leave_seconds = seconds;
        }
        if let Some(database) = &self.database {
            config.database = Some(database.clone());
        }
        if let Some(blobs) = &self.blobs {
            config.blobs = Some(blobs.clone());
        }
        if let (Some(cert), Some(key)) = (&self.tls_cert, &self.tls_key) {
            config.tls_cert = Some(cert.clone());
            config.tls_key = Some(key.clone());
            config.behind_proxy = None;
        }
        if let Some(proxy) = &self.behind_proxy {
            config.behind_proxy = Some(proxy.clone());
            config.tls_cert = None;
            config.tls_key = None;
        }
    }
}

/// Nothing leaves this machine unencrypted by mistake. Invitations learn the certificate's pin.
fn check_transport(
    config: &mut Config,
    no_pin: bool,
) -> Result<Option<rustls::ServerConfig>, CliError> {
    match (&config.tls_cert, &config.tls_key) {
        (Some(cert), Some(key)) => {
            let tls = tls::load(cert, key)?;
            config.tls_pin = (!no_pin).then_some(tls.pin);
            Ok(Some(tls.config))
        }
        (None, None) if config.listen.ip().is_loopback() || config.behind_proxy.is_some() => {
            Ok(None)
        }
        (None, None) => Err(CliError::Input(format!(
            "{} can be reached from outside and would be served unencrypted: give --tls-cert and \
             --tls-key, or --behind-proxy if a proxy in front of it ends TLS",
            config.listen
        ))),
        _ => Err(CliError::Input(
            "hattama.toml names only one of tls_cert and tls_key; TLS needs both".into(),
        )),
    }
}

/// Figures go to nobody outside by mistake: they tell when reports come in.
fn check_metrics(config: &Config) -> Result<(), CliError> {
    let Some(address) = config.metrics else { return Ok(()) };
    let inside = match address.ip().to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    if inside {
        Ok(())
    } else {
        Err(CliError::Input(format!(
            "{address} is no address of this machine alone or of a private network, and figures are \
             served unencrypted to whoever asks: give --metrics 127.0.0.1:9464, or a private address"
        )))
    }
}

async fn serve(
    folder: &DataFolder,
    mut config: Config,
    tls: Option<rustls::ServerConfig>,
    new_epoch: Option<&str>,
) -> Result<(), CliError> {
    let listener = bind(config.listen)?;
    let address = listener
        .local_addr()
        .map_err(|error| CliError::Machine(format!("the socket has no address: {error}")))?;
    let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    if config.addresses.iter().all(|address| is_local(address)) {
        // Phones on this machine only: the port may be another one than when it was made.
        config.addresses = vec![url.clone()];
    }
    let headquarters = match new_epoch {
        None => Headquarters::open_with(folder, config, clock::system).await?,
        Some(reason) => Headquarters::open_epoch(folder, config, clock::system, reason).await?,
    };
    let election = headquarters.book.read().pack.election.id.clone();
    let server = http::serve(headquarters.clone(), listener, tls)
        .map_err(|error| CliError::Machine(format!("{url} cannot be served: {error}")))?;
    let handle = server.handle();
    let mut serving = tokio::spawn(server);
    let figures = serve_figures(&headquarters)?;
    let leave = Duration::from_secs(headquarters.config.leave_seconds.into());
    // Listened for before anybody is told that it is ready.
    let told_to_stop = stop_signal()?;
    tracing::info!(%election, "serving");
    let ready = format!("Headquarters of {election} is ready: {url}\nCtrl-C stops it.");
    if let Err(error) = output::say(&ready) {
        // Whoever started it has stopped listening; phones have not.
        tracing::warn!(%error, "nobody reads what this program says; it serves all the same");
    }
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = told_to_stop => {
            headquarters.leave();
            if !leave.is_zero() {
                tracing::info!(seconds = leave.as_secs(), "leaving: /readyz says so from now on");
                tokio::time::sleep(leave).await;
            }
            tracing::info!("stopping: what was begun is finished first");
            handle.stop(true).await;
            serving.await
        }
    };
    if let Some(figures) = figures {
        figures.stop(false).await;
    }
    headquarters.close().await;
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(CliError::Machine(format!("serving ended: {error}"))),
        Err(error) => Err(CliError::Other(format!("serving ended: {error}"))),
    }
}

/// The figures, on the socket that was named for them; its handle.
fn serve_figures(headquarters: &Headquarters) -> Result<Option<http::ServerHandle>, CliError> {
    let Some(address) = headquarters.config.metrics else { return Ok(None) };
    let listener = bind(address)?;
    // Where the port was left to the system, people have to be told.
    let address = listener.local_addr().unwrap_or(address);
    let server = http::serve_metrics(headquarters.clone(), listener).map_err(|error| {
        CliError::Machine(format!("http://{address}/metrics cannot be served: {error}"))
    })?;
    let handle = server.handle();
    tokio::spawn(server);
    tracing::info!(%address, "figures are served at /metrics");
    Ok(Some(handle))
}

/// Takes a port.
pub(super) fn bind(address: SocketAddr) -> Result<TcpListener, CliError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|error| {
        CliError::Machine(format!(
            "{address} cannot be listened on ({error}); choose another with --listen"
        ))
    })
}

/// Ends on Ctrl-C and when the system asks the process to end.
#[cfg(unix)]
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| {
        signal(kind).map_err(|error| {
            CliError::Machine(format!("the system's signals cannot be listened for: {error}"))
        })
    };
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends on Ctrl-C.
#[cfg(not(unix))]
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    Ok(async {
        // Without a signal to wait for there is nothing to end it by but the system itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// The runtime that `init`, `serve`, `migrate` and `witness` work on.
pub(super) fn runtime() -> Result<Runtime, CliError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::Machine(format!("no threads can be started: {error}")))
}

#[cfg(test)]
mod tests {
    use hattama_proto::{id::ElectionId, key::SigningKey};

    use super::*;
    use crate::log::PublishSchedule;

    fn config(listen: &str) -> Config {
        Config {
            election: ElectionId::new("exercise").unwrap(),
            log_origin: "hq.example/exercise".into(),
            root_key: SigningKey::from_seed(&[1; 32]).unwrap().public(),
            listen: listen.parse().unwrap(),
            addresses: Vec::new(),
            database: None,
            blobs: None,
            metrics: None,
            leave_seconds: 0,
            tls_cert: None,
            tls_key: None,
            tls_pin: None,
            behind_proxy: None,
            witness: Vec::new(),
            disk_full_percent: crate::room::FULL_PERCENT,
            check_first_mib: crate::config::CHECK_FIRST_MIB,
            log_publish: PublishSchedule::default(),
            log_publish_at_least: None,
            webhooks: Default::default(),
            session_idle_minutes: crate::config::SESSION_IDLE_MINUTES,
            session_hours: crate::config::SESSION_HOURS,
        }
    }

    #[test]
    fn plain_http_is_for_loopback_and_declared_proxies_only() {
        assert!(check_transport(&mut config("127.0.0.1:0"), false).is_ok());
        assert!(check_transport(&mut config("[::1]:0"), false).is_ok());
        let refused = check_transport(&mut config("0.0.0.0:0"), false).unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert!(refused.to_string().contains("--tls-cert"), "{refused}");
        let mut proxied = config("0.0.0.0:0");
        proxied.behind_proxy = Some("nginx".into());
        assert!(check_transport(&mut proxied, false).is_ok());
        let mut half = config("127.0.0.1:0");
        half.tls_cert = Some("cert.pem".into());
        assert!(check_transport(&mut half, false).is_err());
    }

    #[test]
    fn figures_go_to_this_machine_and_private_networks_only() {
        let with = |address: &str| {
            let metrics = Some(address.parse().unwrap());
            check_metrics(&Config { metrics, ..config("127.0.0.1:0") })
        };
        for inside in ["127.0.0.1:9464", "[::1]:9464", "10.1.2.3:9464", "[fd00::1]:9464"] {
            assert!(with(inside).is_ok(), "{inside}");
        }
        for outside in ["0.0.0.0:9464", "[::]:9464", "203.0.113.5:9464", "[::ffff:203.0.113.5]:1"] {
            let refused = with(outside).unwrap_err();
            assert_eq!(refused.exit_code(), 2);
            assert!(refused.to_string().contains("--metrics 127.0.0.1:9464"), "{refused}");
        }
    }
}
