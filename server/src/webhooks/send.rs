//! One request to one receiver, and which addresses may be asked at all.
//!
//! Whoever sets up a webhook makes headquarters send requests, from inside its network: so only
//! `https`, no redirects, no proxy, and no address of this machine or of a private network unless
//! `hattama.toml` says so. The name is looked up here and its addresses are checked; the connection
//! goes to those very addresses, so that a name cannot answer otherwise a moment later.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use ureq::{
    Agent, Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

/// Longest wait for a receiver, in seconds.
const ANSWER_S: u64 = 10;

/// Longest address, in bytes.
const URL_BYTES_MAX: usize = 2048;

/// How far webhooks reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Also to this machine, and then by plain `http` too.
    pub loopback: bool,
    /// Also into private networks.
    pub private: bool,
}

/// Why an address is not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No address that is told.
    #[error(
        "a webhook is an https:// address of at most {URL_BYTES_MAX} bytes, without a name or password in it"
    )]
    NotHttps,
    /// It is inside.
    #[error(
        "this address is of this machine or of a private network; `webhooks` in hattama.toml says \
         whether these are told"
    )]
    Inside,
}

impl Reach {
    /// Whether an address may be told, as far as it can be seen without a look-up.
    pub fn check(&self, url: &str) -> Result<(), AddressError> {
        let uri: Uri = url.parse().map_err(|_| AddressError::NotHttps)?;
        let authority = uri.authority().ok_or(AddressError::NotHttps)?;
        if url.len() > URL_BYTES_MAX || authority.as_str().contains('@') {
            return Err(AddressError::NotHttps);
        }
        let host = authority.host().trim_matches(['[', ']']);
        let address = host.parse::<IpAddr>().ok();
        let here = host.eq_ignore_ascii_case("localhost")
            || host.to_ascii_lowercase().ends_with(".localhost")
            || address.is_some_and(|address| address.is_loopback());
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if here && self.loopback => return Ok(()),
            _ => return Err(AddressError::NotHttps),
        }
        if here && !self.loopback || address.is_some_and(|address| !self.allows(address)) {
            return Err(AddressError::Inside);
        }
        Ok(())
    }

    /// Whether a request may go to this very address.
    fn allows(&self, address: IpAddr) -> bool {
        let address = match address {
            IpAddr::V6(address) => address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4),
            address => address,
        };
        if address.is_loopback() {
            return self.loopback;
        }
        match address {
            IpAddr::V4(address) => is_public_v4(address) || self.private && is_private_v4(address),
            IpAddr::V6(address) => is_public_v6(address) || self.private && is_private_v6(address),
        }
    }
}

const fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    // 100.64/10 is what carriers and overlay networks use among themselves.
    address.is_private() || (a == 100 && b & 0xc0 == 64)
}

const fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(is_private_v4(address)
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18))
}

const fn is_private_v6(address: Ipv6Addr) -> bool {
    address.segments()[0] & 0xfe00 == 0xfc00
}

const fn is_public_v6(address: Ipv6Addr) -> bool {
    // Only what is given out to the world; 6to4, Teredo and NAT64 can carry a private address inside.
    let [a, b, ..] = address.segments();
    a & 0xe000 == 0x2000 && a != 0x2002 && !(a == 0x2001 && (b == 0 || b == 0xdb8))
}

/// Looks names up, and answers only with addresses that may be asked.
#[derive(Debug)]
struct Looking {
    reach: Reach,
}

impl Resolver for Looking {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        // One that may not be asked spoils all: a public name has no business with an inside address.
        if found.iter().all(|address| self.reach.allows(address.ip())) {
            Ok(found)
        } else {
            Err(Error::HostNotFound)
        }
    }
}

/// Speaks to receivers.
#[derive(Clone, Debug)]
pub(super) struct Line {
    agent: Agent,
    reach: Reach,
}

impl Line {
    /// With connections of its own: nothing is kept open to somebody else's machine.
    pub(super) fn new(reach: &Reach) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs(ANSWER_S)))
            .max_idle_connections(0)
            .proxy(None)
            .build();
        let agent =
            Agent::with_parts(config, DefaultConnector::default(), Looking { reach: *reach });
        Self { agent, reach: *reach }
    }

    /// Sends one event and waits; the status, or why there is none. Blocks.
    pub(super) fn post(
        &self,
        url: &str,
        id: &str,
        seconds: i64,
        signature: &str,
        body: &str,
    ) -> Result<u16, String> {
        // The configuration may have changed since it was set up.
        self.reach.check(url).map_err(|error| error.to_string())?;
        let sent = self
            .agent
            .post(url)
            .header("Content-Type", "application/json")
            .header("User-Agent", "hattama-webhook")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature)
            .send(body.as_bytes());
        match sent {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(Error::HostNotFound) => Err("the name has no address that is told".to_owned()),
            Err(Error::Timeout(_)) => Err("no answer in time".to_owned()),
            Err(_) => Err("no answer".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTSIDE: Reach = Reach { loopback: false, private: false };

    #[test]
    fn nothing_inside_is_told_unless_it_is_allowed() {
        assert_eq!(OUTSIDE.check("https://hooks.example/x?y=1"), Ok(()));
        for inside in [
            "https://127.0.0.1/",
            "https://localhost:8443/",
            "https://x.localhost/",
            "https://[::1]/",
            "https://10.0.0.1/",
            "https://192.168.1.1/",
            "https://172.16.5.5/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[64:ff9b::a00:1]/",
            "https://[2002:a00:1::]/",
        ] {
            assert_eq!(OUTSIDE.check(inside), Err(AddressError::Inside), "{inside}");
        }
        for no in [
            "http://hooks.example/",
            "http://127.0.0.1/",
            "ftp://hooks.example/",
            "https://user:pass@hooks.example/",
            "hooks.example",
            "/x",
            "",
        ] {
            assert_eq!(OUTSIDE.check(no), Err(AddressError::NotHttps), "{no}");
        }
        let loopback = Reach { loopback: true, private: false };
        assert_eq!(loopback.check("http://127.0.0.1:9/x"), Ok(()));
        assert_eq!(loopback.check("https://10.0.0.1/"), Err(AddressError::Inside));
        let private = Reach { loopback: false, private: true };
        assert_eq!(private.check("https://10.0.0.1/"), Ok(()));
        assert_eq!(private.check("https://169.254.169.254/"), Err(AddressError::Inside));
        assert_eq!(private.check("https://127.0.0.1/"), Err(AddressError::Inside));
    }

    #[test]
    fn a_name_that_leads_inside_is_not_asked() {
        // Whatever the machine's files say of this name: it is its own.
        let said = Line::new(&OUTSIDE).post("https://localhost:9/", "i", 0, "s", "{}");
        assert!(said.is_err());
        let looking = Looking { reach: OUTSIDE };
        assert!(!looking.reach.allows("127.0.0.1".parse().unwrap()));
        assert!(looking.reach.allows("93.184.216.34".parse().unwrap()));
        assert!(looking.reach.allows("2606:2800:220:1::1".parse().unwrap()));
    }
}
