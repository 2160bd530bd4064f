//! A server over a network is reached encrypted, its certificate verified, or not at all.

use std::path::{Path, PathBuf};

use hattama_server::store::{Db, StoreError};
use hattama_tests::engine::OPENED_AT;
use hattama_tests::postgres::{Certificate, Cluster};
use hattama_tests::skip;
use hattama_tests::world::block_on;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority that nobody else knows.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn certify(&self, names: &[&str]) -> Certificate {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(names).unwrap().signed_by(&key, &self.issuer).unwrap();
        Certificate { chain: certificate.pem(), key: key.serialize_pem() }
    }

    fn file(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, &self.pem).unwrap();
        path
    }
}

/// Whether a session of this store's is encrypted, or why it cannot be opened.
async fn encrypted(url: &str) -> Result<bool, StoreError> {
    let db = Db::open(&url.parse()?, OPENED_AT).await?;
    let asked =
        "select case when ssl then 1 else 0 end from pg_stat_ssl where pid = pg_backend_pid()";
    let answer = db.query(asked, &[]).await?;
    Ok(answer[0].int(0)? == 1)
}

/// Everything that was said of an error.
fn said(error: &StoreError) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

#[test]
fn a_servers_certificate_is_verified_against_the_authority_that_the_address_names() {
    let ours = Authority::new("ours");
    let shown = ours.certify(&["localhost", "127.0.0.1", "db.example"]);
    let Some(server) = Cluster::start(&[("fsync", "off")], Some(&shown)) else {
        return skip("PostgreSQL is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = (
        ours.file(folder.path(), "our authority.pem"),
        Authority::new("theirs").file(folder.path(), "theirs.pem"),
    );
    let right = right.display().to_string().replace(' ', "%20");
    let wrong = wrong.display();
    block_on(async {
        server.create("hq").await;
        let url = server.tcp_url("hq");
        for mode in ["prefer", "require", "verify-full"] {
            let url = format!("{url}?sslmode={mode}&sslrootcert={right}");
            assert!(encrypted(&url).await.unwrap(), "{mode}");

            // Another authority, and the public ones, know nothing of it.
            for roots in [format!("&sslrootcert={wrong}"), String::new()] {
                let url = format!("{}?sslmode={mode}{roots}", server.tcp_url("hq"));
                let refused = encrypted(&url).await.unwrap_err();
                assert!(said(&refused).contains("UnknownIssuer"), "{mode}: {}", said(&refused));
            }
        }
        // Reached by a number, the name is what the certificate has to be for.
        let at = |name: &str| {
            let port = server.port();
            format!(
                "postgres:///hq?user=postgres&host={name}&hostaddr=127.0.0.1&port={port}\
                 &sslmode=verify-full&sslrootcert={right}"
            )
        };
        assert!(encrypted(&at("db.example")).await.unwrap());
        let refused = encrypted(&at("other.example")).await.unwrap_err();
        assert!(said(&refused).contains("not valid for name"), "{}", said(&refused));

        // On loopback, and where the address says so, plain is what it was.
        assert!(!encrypted(&url).await.unwrap());
        assert!(!encrypted(&format!("{url}?sslmode=disable")).await.unwrap());
        assert!(!encrypted(&server.url("hq")).await.unwrap());
    });
}

#[test]
fn a_plain_server_is_refused_where_tls_is_demanded() {
    let Some(server) = Cluster::start(&[("fsync", "off")], None) else {
        return skip("PostgreSQL is not installed");
    };
    block_on(async {
        server.create("hq").await;
        for mode in ["require", "verify-full"] {
            let refused = encrypted(&format!("{}?sslmode={mode}", server.tcp_url("hq"))).await;
            let refused = refused.unwrap_err();
            assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
            assert!(said(&refused).contains("does not support TLS"), "{}", said(&refused));
        }
        assert!(!encrypted(&format!("{}?sslmode=prefer", server.tcp_url("hq"))).await.unwrap());
    });
}

#[test]
fn an_authority_that_cannot_be_read_is_a_wrong_address() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    block_on(async {
        for file in [empty, folder.path().join("missing.pem")] {
            let url = format!("postgres://u:secret@127.0.0.1:1/hq?sslrootcert={}", file.display());
            let refused = encrypted(&url).await.unwrap_err();
            assert!(matches!(refused, StoreError::Url(_)), "{refused:?}");
            assert!(!format!("{refused:?}").contains("secret"), "{refused:?}");
        }
    });
}
