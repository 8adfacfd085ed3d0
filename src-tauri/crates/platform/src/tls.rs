//! TLS for a platform that stands in a warehouse with nothing in front of it.
//!
//! Its certificate comes with whoever signed it, last in the file. Workstations are told that signer's
//! fingerprint with their address and trust nothing else, so the operator needs no public authority, no
//! name in the world's DNS and no way to the internet. Behind a proxy that ends TLS this is not used.
//!
//! It will not make certificates, and it looks at the files once, at the start.

use anyhow::{Context, ensure};
use data_encoding::HEXLOWER;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// The files of a platform that speaks TLS itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// PEM: its own certificate first, whoever signed it last.
    pub chain: PathBuf,
    /// PEM: the key of its own certificate, readable by its owner alone.
    pub key: PathBuf,
}

/// Ready to shake hands.
pub(crate) struct Shown {
    pub(crate) acceptor: TlsAcceptor,
    /// SHA-256 of the signer's certificate, hexadecimal: what workstations are told to expect.
    pub(crate) fingerprint: String,
}

impl Tls {
    /// Reads the files.
    pub(crate) fn open(&self) -> anyhow::Result<Shown> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&self.chain)
            .and_then(Iterator::collect)
            .with_context(|| format!("no certificates in {}", self.chain.display()))?;
        let signer = chain
            .last()
            .with_context(|| format!("{} holds no certificate", self.chain.display()))?;
        let fingerprint = HEXLOWER.encode(&Sha256::digest(signer));
        ensure_private(&self.key)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .with_context(|| format!("no key in {}", self.key.display()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .context("the key does not fit the certificate")?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Shown {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            fingerprint,
        })
    }
}

#[cfg(unix)]
fn ensure_private(key: &std::path::Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(key)
        .with_context(|| format!("no key in {}", key.display()))?
        .permissions()
        .mode();
    ensure!(
        mode & 0o077 == 0,
        "others can read {}: chmod 600",
        key.display()
    );
    Ok(())
}

#[cfg(not(unix))]
fn ensure_private(_: &std::path::Path) -> anyhow::Result<()> {
    Ok(()) // Windows: the folder's access list is what counts.
}
