//! A private certificate authority, as the owner of a box in a warehouse makes one.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Signs certificates for boxes.
pub struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// As the operator reads it off the platform.
    pub fn fingerprint(&self) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(self.certificate.der()))
    }

    /// A client that trusts what it signs.
    pub fn client(&self) -> reqwest::Client {
        let trusted = reqwest::Certificate::from_der(self.certificate.der()).unwrap();
        reqwest::Client::builder()
            .tls_certs_only([trusted])
            .build()
            .unwrap()
    }

    /// A fresh certificate for a box on this machine, and the signer's behind it; its key.
    pub fn certify(&self, folder: &Path) -> bondhouse_platform::Tls {
        let params = CertificateParams::new(vec!["127.0.0.1".into(), "localhost".into()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let tls = bondhouse_platform::Tls {
            chain: folder.join("chain.pem"),
            key: folder.join("box.key"),
        };
        let chain = certificate.pem() + &self.certificate.pem();
        std::fs::write(&tls.chain, chain).unwrap();
        std::fs::write(&tls.key, key.serialize_pem()).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&tls.key, private).unwrap();
        tls
    }
}
