//! The certificate headquarters shows, and what invitations pin of it.

use std::{path::Path, sync::Arc};

use hattama_proto::id::to_hex;
use rustls::{ServerConfig, crypto::ring::default_provider};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use super::CliError;

/// A certificate that can be served, and its pin.
pub(super) struct Tls {
    /// For the listener.
    pub(super) config: ServerConfig,
    /// SHA-256 of the certificate (DER), in hex.
    pub(super) pin: String,
}

/// Reads a certificate chain and its key, both PEM; the server's own certificate comes first.
pub(super) fn load(chain: &Path, key: &Path) -> Result<Tls, CliError> {
    let read =
        |path: &Path| std::fs::read(path).map_err(|error| CliError::unreadable(path, &error));
    let wrong = |path: &Path, what: &str| CliError::Input(format!("{} {what}", path.display()));
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read(chain)?)
        .collect::<Result<_, _>>()
        .map_err(|_| wrong(chain, "is not a chain of certificates in PEM"))?;
    let own = certificates.first().ok_or_else(|| wrong(chain, "holds no certificate in PEM"))?;
    let pin = to_hex(ring::digest::digest(&ring::digest::SHA256, own).as_ref());
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|_| wrong(key, "holds no private key in PEM"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| CliError::Other(format!("TLS cannot be set up: {error}")))?
        .with_no_client_auth()
        .with_single_cert(certificates, secret)
        .map_err(|error| {
            CliError::Input(format!(
                "{} and {} do not belong together: {error}",
                chain.display(),
                key.display()
            ))
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls { config, pin })
}
