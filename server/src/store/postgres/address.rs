//! What the address of a server says of TLS, and what follows from where the server is.
//!
//! | the server is | `sslmode` left out | `disable` | `prefer` | `require`, `verify-full` |
//! |---|---|---|---|---|
//! | a socket of this machine | plain | plain | plain | plain |
//! | on loopback | plain | plain | TLS where it is offered | TLS or nothing |
//! | anywhere else | TLS or nothing | plain | TLS or nothing | TLS or nothing |
//!
//! A certificate is always verified in full, its name included: one that nobody checked would keep
//! out nobody who can stand between. `sslrootcert` names the authority; without it the public
//! roots serve.

use std::net::IpAddr;
use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::store::facts::Distance;

/// The words that `sslmode` may be. libpq's other two check less than they seem to.
const MODES: [&str; 4] = ["disable", "prefer", "require", "verify-full"];

/// Where the server is and how a session with it is secured.
pub(super) struct Address {
    /// For the client, its mode set.
    pub(super) config: Config,
    /// The file of the authority that the server's certificate has to come from, in PEM; the
    /// public roots if missing.
    pub(super) authority: Option<PathBuf>,
}

/// Reads an address as libpq writes it. `Err` says what is wrong, without the password.
pub(super) fn parse(url: &str) -> Result<Address, String> {
    let (rest, query) = split_query(url);
    let (mut asked, mut authority) = (None, None);
    let mut others = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", mode)) => asked = Some(known_mode(mode)?),
            Some(("sslrootcert", file)) => authority = Some(decoded(file)?),
            _ => others.push(pair),
        }
    }
    let joined = others.join("&");
    let plain = if joined.is_empty() { rest.to_owned() } else { format!("{rest}?{joined}") };
    let mut config: Config =
        plain.parse().map_err(|error: tokio_postgres::Error| error.to_string())?;
    config.ssl_mode(mode(asked, distance(&config)));
    // The word libpq knows for the roots that are trusted anyway.
    let authority = authority.filter(|file| file != "system").map(PathBuf::from);
    Ok(Address { config, authority })
}

/// Where the first question mark after the credentials divides the address; the client's own
/// reader looks for it in the same way.
fn split_query(url: &str) -> (&str, &str) {
    let credentials = url.find('@').map_or(0, |at| at + 1);
    match url[credentials..].find('?') {
        Some(at) => (&url[..credentials + at], &url[credentials + at + 1..]),
        None => (url, ""),
    }
}

fn known_mode(word: &str) -> Result<SslMode, String> {
    match word {
        "disable" => Ok(SslMode::Disable),
        "prefer" => Ok(SslMode::Prefer),
        "require" | "verify-full" => Ok(SslMode::Require),
        other => Err(format!(
            "sslmode={other} is not understood; it may be {}, and every certificate is verified \
             in full",
            MODES.join(", ")
        )),
    }
}

/// The farthest of the places the address names.
pub(super) fn distance(config: &Config) -> Distance {
    let mut farthest = Distance::Socket;
    for (number, host) in config.get_hosts().iter().enumerate() {
        // A numeric address goes before the name, which then only serves the certificate.
        let place = match (config.get_hostaddrs().get(number), host) {
            (Some(address), _) => at(*address),
            (None, Host::Tcp(name)) if name.eq_ignore_ascii_case("localhost") => Distance::Loopback,
            (None, Host::Tcp(name)) => name.parse().map_or(Distance::Network, at),
            #[cfg(unix)]
            (None, Host::Unix(_)) => Distance::Socket,
        };
        farthest = farthest.max(place);
    }
    let numeric = config.get_hostaddrs().iter().skip(config.get_hosts().len());
    numeric.map(|address| at(*address)).fold(farthest, Distance::max)
}

fn at(address: IpAddr) -> Distance {
    if address.is_loopback() { Distance::Loopback } else { Distance::Network }
}

fn mode(asked: Option<SslMode>, distance: Distance) -> SslMode {
    match (asked, distance) {
        (Some(SslMode::Disable), _) | (_, Distance::Socket) | (None, Distance::Loopback) => {
            SslMode::Disable
        }
        (Some(SslMode::Prefer), Distance::Loopback) => SslMode::Prefer,
        _ => SslMode::Require,
    }
}

/// Undoes percent-encoding. A plus sign is itself, as libpq has it.
fn decoded(text: &str) -> Result<String, String> {
    let wrong = || "sslrootcert is not a path, percent-encoded where needed".to_owned();
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok()).ok_or_else(wrong)?;
        bytes.push(byte);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode_of(url: &str) -> SslMode {
        parse(url).unwrap().config.get_ssl_mode()
    }

    #[test]
    fn beyond_this_machine_tls_is_demanded_unless_it_is_refused_in_so_many_words() {
        for host in ["db.example", "192.0.2.7", "[2001:db8::1]", "localhost,db.example"] {
            let url = |mode: &str| format!("postgres://u:p@{host}/hq{mode}");
            for mode in ["", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-full"] {
                assert_eq!(mode_of(&url(mode)), SslMode::Require, "{host} {mode}");
            }
            assert_eq!(mode_of(&url("?sslmode=disable")), SslMode::Disable);
        }
    }

    #[test]
    fn on_loopback_tls_is_used_where_it_is_asked_for() {
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let url = |mode: &str| format!("postgres://u@{host}:5432/hq{mode}");
            assert_eq!(mode_of(&url("")), SslMode::Disable);
            assert_eq!(mode_of(&url("?sslmode=prefer")), SslMode::Prefer);
            assert_eq!(mode_of(&url("?sslmode=verify-full")), SslMode::Require);
        }
        assert_eq!(mode_of("postgres:///hq?host=/run/pg&sslmode=require"), SslMode::Disable);
    }

    #[test]
    fn a_numeric_address_counts_and_not_the_name_beside_it() {
        let url = "postgres:///hq?user=u&host=localhost&hostaddr=192.0.2.7";
        assert_eq!(mode_of(url), SslMode::Require);
        let url = "postgres:///hq?user=u&host=db.example&hostaddr=127.0.0.1";
        assert_eq!(mode_of(url), SslMode::Disable);
    }

    #[test]
    fn the_authority_is_taken_out_and_the_rest_is_left_as_it_was() {
        let url =
            "postgres://u:what?@db.example/hq?sslrootcert=/etc/our%20ca.pem&application_name=x";
        let address = parse(url).unwrap();
        assert_eq!(address.authority.unwrap().to_str().unwrap(), "/etc/our ca.pem");
        assert_eq!(address.config.get_password(), Some(b"what?".as_slice()));
        assert_eq!(address.config.get_application_name(), Some("x"));
        assert!(parse("postgres://db.example/hq?sslrootcert=system").unwrap().authority.is_none());
    }

    #[test]
    fn a_mode_that_checks_less_than_it_seems_to_is_refused() {
        for url in ["postgres://db/hq?sslmode=allow", "postgres://db/hq?sslmode=verify-ca"] {
            assert!(parse(url).is_err_and(|said| said.contains("verify-full")), "{url}");
        }
        assert!(parse("postgres://db/hq?sslrootcert=%zz").is_err());
    }
}
