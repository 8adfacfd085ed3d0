//! Where the platform answers, and by what it is known there.
//!
//! A platform on the internet shows a certificate that public authorities vouch for, and the system
//! judges it. One on a box in the warehouse shows one of its own making. Then the address says whom to
//! expect: `https://box.lan:7700#` and the fingerprint of the certificate that signed it, as the operator
//! read it off the platform. From then on nothing else is believed, not even a public authority. The
//! fingerprint is that of the signer, so the platform's own certificate may be renewed; a fragment never
//! leaves this machine.
//!
//! It does not stand in for signatures: every answer is signed by the authority all the same. What the
//! line protects is the enrolment code and everyone's privacy.

use crate::error::AppError;
use bondhouse_domain::message::Refusal;
use bondhouse_domain::station::says;
use reqwest::blocking::Client;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The SHA-256 of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// 64 hexadecimal digits, however they are parted.
    fn read(text: &str) -> Option<Self> {
        let digits: String = text
            .chars()
            .filter(|c| !matches!(c, ':' | '-' | ' '))
            .collect();
        crate::station::unhex(&digits).ok().map(Self)
    }

    fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::station::hex(&self.0))
    }
}

/// Where a platform answers, and whom to expect there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Without a slash at the end.
    pub(crate) url: String,
    /// Nothing when the system's authorities are to judge.
    pub(crate) expects: Option<Fingerprint>,
}

impl Address {
    /// Reads an address as it was typed, scanned or kept. Plain HTTP never leaves this machine.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let (url, fragment) = match text.trim().split_once('#') {
            Some((url, fragment)) => (url, Some(fragment)),
            None => (text.trim(), None),
        };
        let url = url.trim_end_matches('/').to_owned();
        let allowed = ["http://127.0.0.1", "http://localhost", "https://"];
        if !allowed.iter().any(|start| url.starts_with(start)) {
            return Err(says::bad_request("platform_url"));
        }
        let expects = match fragment {
            None => None,
            Some(_) if !url.starts_with("https://") => {
                return Err(says::bad_request("platform_url"));
            }
            Some(text) => Some(Fingerprint::read(text).ok_or_else(|| says::bad_fingerprint(text))?),
        };
        Ok(Self { url, expects })
    }

    /// Why a call to it did not get through.
    pub(crate) fn failed(&self, error: &reqwest::Error) -> Refusal {
        match (distrusted(error), self.expects) {
            (false, _) => says::unreachable(&self.url),
            (true, None) => says::unknown_certificate(&self.url),
            (true, Some(expected)) => says::wrong_certificate(&self.url, expected),
        }
    }

    /// A client that believes whoever is expected, and nobody else.
    pub(crate) fn client(&self, patience: Duration) -> Result<Client, AppError> {
        // Another part of the process may have chosen the provider already; either serves.
        let _ = ring::default_provider().install_default();
        let mut client = Client::builder()
            .timeout(patience)
            .redirect(reqwest::redirect::Policy::none());
        let failed = |error: &dyn fmt::Display| AppError::failed(says::storage("http").0, error);
        if let Some(expected) = self.expects {
            let provider = Arc::new(ring::default_provider());
            let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
                .with_safe_default_protocol_versions()
                .map_err(|error| failed(&error))?
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Signer { expected, provider }))
                .with_no_client_auth();
            client = client.tls_backend_preconfigured(config);
        }
        client.build().map_err(|error| failed(&error))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expects {
            None => f.write_str(&self.url),
            Some(expected) => write!(f, "{}#{expected}", self.url),
        }
    }
}

/// Whether a call failed because the other side's certificate is not to be trusted.
fn distrusted(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<Error>() {
        return matches!(error, Error::InvalidCertificate(_));
    }
    // What an I/O error carries is not among its causes.
    let carried = error
        .downcast_ref::<std::io::Error>()
        .and_then(|error| error.get_ref());
    carried.is_some_and(|carried| distrusted(carried)) || error.source().is_some_and(distrusted)
}

/// Trusts one certificate and what it signed, whoever else may vouch for it.
#[derive(Debug)]
struct Signer {
    expected: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Signer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let signer = std::iter::once(end_entity)
            .chain(intermediates)
            .find(|shown| Fingerprint::of(shown) == self.expected)
            .ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(signer.clone().into_owned())?;
        // Name, dates and the chain up to the signer are judged as always.
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|error| {
                Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))
            })?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_whom_to_expect_and_is_kept_as_it_was_said() {
        let digits = "ab".repeat(32);
        let plain = Address::read(" https://platform.example/ ").unwrap();
        assert_eq!(plain.to_string(), "https://platform.example");
        let parted = format!("https://box.lan:7700/#{}", "AB:".repeat(31) + "AB");
        let pinned = Address::read(&parted).unwrap();
        assert_eq!(pinned.url, "https://box.lan:7700");
        assert_eq!(pinned.to_string(), format!("https://box.lan:7700#{digits}"));
        assert_eq!(Address::read(&pinned.to_string()), Ok(pinned));
    }

    #[test]
    fn half_a_fingerprint_is_none_and_plain_http_has_none_and_stays_here() {
        let refused = |text: &str| Address::read(text).unwrap_err().0.code;
        assert_eq!(refused("https://box.lan#abcd"), "station.bad_fingerprint");
        assert_eq!(refused("https://box.lan#"), "station.bad_fingerprint");
        assert_eq!(refused("http://127.0.0.1:1#"), "station.bad_request");
        assert_eq!(refused("http://box.lan"), "station.bad_request");
    }
}
