//! The platform's secrets: what it signs with, what it seals personal data with.
//!
//! Each is a file of its own beside the database, readable by its owner alone, made at the first
//! start. They are not in the database, so that a stolen copy of it names nobody. Several nodes of
//! one platform share the files.

use crate::error::{Error, Result};
use bondhouse_domain::journal::Hash;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use std::io::Write;
use std::path::Path;

/// Algorithm 1: XChaCha20-Poly1305 with a random 24-byte nonce. Stands first in every sealed value.
const XCHACHA: u8 = 1;
const NONCE: usize = 24;

/// The secrets of one platform.
pub(crate) struct Keys {
    signing: SigningKey,
    key_id: String,
    data: [u8; 32],
    admin: String,
}

/// Fresh random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::broken("the system gives no random bytes"))?;
    Ok(bytes)
}

/// A new random secret in hexadecimal.
pub(crate) fn new_secret() -> Result<String> {
    Ok(HEXLOWER.encode(&random::<32>()?))
}

impl Keys {
    /// Reads the key files of a data folder, making what is missing.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let signing = SigningKey::from_bytes(&key_file(&folder.join("authority.key"))?);
        let key_id = Hash::of_fields(b"bondhouse key id 1", &[signing.verifying_key().as_bytes()])
            .to_string()
            .chars()
            .take(16)
            .collect();
        Ok(Self {
            signing,
            key_id,
            data: key_file(&folder.join("data.key"))?,
            admin: HEXLOWER.encode(&key_file(&folder.join("admin.key"))?),
        })
    }

    /// The name of the signing key.
    pub(crate) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The key that signs leases, receipts and answers.
    pub(crate) fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The admin key, as its file holds it.
    pub(crate) fn admin(&self) -> &str {
        &self.admin
    }

    /// Whether this is the admin key; takes the same time whatever was sent.
    pub(crate) fn is_admin(&self, sent: &str) -> bool {
        let tag = |text: &str| self.mac("admin comparison", &[text.as_bytes()]);
        tag(sent) == tag(&self.admin)
    }

    /// A keyed hash: equal for equal values, telling nothing to who lacks the key.
    pub(crate) fn mac(&self, purpose: &str, fields: &[&[u8]]) -> Hash {
        let fields = Hash::of_fields(purpose.as_bytes(), fields);
        Hash::from_bytes(mac(
            &self.data,
            &[b"bondhouse keyed hash 1", fields.as_bytes()],
        ))
    }

    /// Signs a text of a given use, in hexadecimal.
    pub(crate) fn sign(&self, context: &[u8], text: &[u8]) -> String {
        HEXLOWER.encode(
            &self
                .signing
                .sign(&[context, b"\0", text].concat())
                .to_bytes(),
        )
    }

    /// Encrypts a value for one place in the database; elsewhere it does not open.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce = random::<NONCE>()?;
        let sealed = self
            .cipher()?
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: place.as_bytes(),
                },
            )
            .map_err(|_| Error::broken("sealing failed"))?;
        Ok([&[XCHACHA][..], &nonce, &sealed].concat())
    }

    /// Decrypts what [`Self::seal`] made for the same place.
    pub(crate) fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || Error::broken(format!("a sealed value of {place} does not open"));
        let (&algorithm, rest) = sealed.split_first().ok_or_else(broken)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        if algorithm != XCHACHA {
            return Err(broken());
        }
        self.cipher()?
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: text,
                    aad: place.as_bytes(),
                },
            )
            .map_err(|_| broken())
    }

    /// [`Self::seal`] of a value as JSON.
    pub(crate) fn seal_json(&self, place: &str, value: &impl Serialize) -> Result<Vec<u8>> {
        self.seal(place, &serde_json::to_vec(value)?)
    }

    /// [`Self::unseal`] of a value as JSON.
    pub(crate) fn unseal_json<T: DeserializeOwned>(&self, place: &str, sealed: &[u8]) -> Result<T> {
        Ok(serde_json::from_slice(&self.unseal(place, sealed)?)?)
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305> {
        XChaCha20Poly1305::new_from_slice(&self.data)
            .map_err(|_| Error::broken("the data key is no key"))
    }
}

/// HMAC-SHA256 over the parts, one after the other.
pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A 32-byte key in hexadecimal, made when the file is not there.
fn key_file(path: &Path) -> anyhow::Result<[u8; 32]> {
    use anyhow::Context;
    if !path.exists() {
        let fresh =
            random::<32>().map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options
            .open(path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        file.write_all(HEXLOWER.encode(&fresh).as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let bytes = HEXLOWER
        .decode(text.trim().as_bytes())
        .with_context(|| format!("{} is no key", path.display()))?;
    bytes
        .try_into()
        .map_err(|_| anyhow::anyhow!("{} is no 32-byte key", path.display()))
}
