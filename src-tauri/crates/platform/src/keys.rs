//! The platform's secrets: what it signs with, what it seals personal data with.
//!
//! Each is a file of its own beside the database, readable by its owner alone, made at the first
//! start. They are not in the database, so that a stolen copy of it names nobody. Several nodes of
//! one platform share the files.
//!
//! Data keys have versions, because a key that may have been seen must be replaced under a running
//! warehouse ([`crate::rotation`]). Which one seals is written in the database, so that all nodes
//! change in one commit; each sealed value says which one opens it. `data.key` is the first, `data.2.key`
//! the second. A key that is nowhere is never made anew beside a database that was sealed with it.

use crate::error::{Error, Result};
use anyhow::{Context, ensure};
use bondhouse_domain::journal::Hash;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// XChaCha20-Poly1305 with a random 24-byte nonce, by the first data key. Stood first in every value
/// that was sealed before keys had versions.
const XCHACHA_FIRST: u8 = 1;
/// XChaCha20-Poly1305 with a random 24-byte nonce; the data key's version follows in four bytes.
const XCHACHA: u8 = 2;
const NONCE: usize = 24;

const AUTHORITY_KEY: &str = "authority.key";
const ADMIN_KEY: &str = "admin.key";

/// The secrets of one platform.
pub(crate) struct Keys {
    folder: PathBuf,
    signing: SigningKey,
    key_id: String,
    data: RwLock<BTreeMap<u32, [u8; 32]>>,
    admin: String,
}

/// The secrets as one act uses them: sealing and hashing with one of the data keys, opening with any.
#[derive(Clone, Copy)]
pub(crate) struct Secrets<'a> {
    keys: &'a Keys,
    version: u32,
    key: [u8; 32],
}

/// Whose keys are to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// A database that holds nothing yet: what is missing is made.
    NewDatabase,
    /// A database that was sealed and signed with them: what is missing is asked for.
    Database,
}

/// Fresh random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    #[cfg(feature = "sim")]
    if thrown(&mut bytes) {
        return Ok(bytes);
    }
    getrandom::fill(&mut bytes).map_err(|_| Error::broken("the system gives no random bytes"))?;
    Ok(bytes)
}

#[cfg(feature = "sim")]
thread_local! {
    static DICE: std::cell::Cell<Option<u64>> = const { std::cell::Cell::new(None) };
}

/// From now on what this thread throws follows from a seed: a simulated history can be run again.
#[cfg(feature = "sim")]
pub(crate) fn throw_from(seed: u64) {
    DICE.set(Some(seed));
}

/// Fills bytes from the thread's seed (SplitMix64), if it has one.
#[cfg(feature = "sim")]
fn thrown(bytes: &mut [u8]) -> bool {
    let Some(mut state) = DICE.get() else {
        return false;
    };
    for chunk in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let eight = (z ^ (z >> 31)).to_le_bytes();
        chunk
            .iter_mut()
            .zip(eight)
            .for_each(|(to, from)| *to = from);
    }
    DICE.set(Some(state));
    true
}

/// A new random secret in hexadecimal.
pub(crate) fn new_secret() -> Result<String> {
    Ok(HEXLOWER.encode(&random::<32>()?))
}

/// The file of a data key.
fn data_file(version: u32) -> String {
    match version {
        1 => "data.key".to_owned(),
        later => format!("data.{later}.key"),
    }
}

/// The version of a data key's file.
fn data_version(file: &str) -> Option<u32> {
    match file.strip_prefix("data.")? {
        "key" => Some(1),
        later => later
            .strip_suffix(".key")?
            .parse()
            .ok()
            .filter(|version| *version > 1),
    }
}

/// Every key file of a folder: what goes where its platform goes.
pub(crate) fn files(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut files = vec![AUTHORITY_KEY.to_owned(), ADMIN_KEY.to_owned()];
    files.extend(read_data(folder)?.into_keys().map(data_file));
    Ok(files)
}

fn read_data(folder: &Path) -> anyhow::Result<BTreeMap<u32, [u8; 32]>> {
    let mut found = BTreeMap::new();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if let Some(version) = entry.file_name().to_str().and_then(data_version) {
            found.insert(version, read_key(&entry.path())?);
        }
    }
    Ok(found)
}

impl Keys {
    /// Reads the key files of a data folder.
    pub(crate) fn open(folder: &Path, of: Of) -> anyhow::Result<Self> {
        let mut data = read_data(folder)?;
        if data.is_empty() {
            data.insert(1, made(&folder.join(data_file(1)), of)?);
        }
        let signing = SigningKey::from_bytes(&made(&folder.join(AUTHORITY_KEY), of)?);
        let key_id = Hash::of_fields(b"bondhouse key id 1", &[signing.verifying_key().as_bytes()])
            .to_string()
            .chars()
            .take(16)
            .collect();
        Ok(Self {
            signing,
            key_id,
            data: RwLock::new(data),
            // Nothing is bound to it: an operator changes it by deleting the file.
            admin: HEXLOWER.encode(&made(&folder.join(ADMIN_KEY), Of::NewDatabase)?),
            folder: folder.to_owned(),
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
        let tag = |text: &str| {
            mac(
                self.admin.as_bytes(),
                &[b"admin comparison", text.as_bytes()],
            )
        };
        tag(sent) == tag(&self.admin)
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

    /// The secrets with one of the data keys. A key that came since the start is looked for.
    pub(crate) fn at(&self, version: u32) -> Result<Secrets<'_>> {
        Ok(Secrets {
            keys: self,
            version,
            key: self.data_key(version)?,
        })
    }

    /// The secrets with the newest data key: for reading, which opens with any.
    pub(crate) fn newest(&self) -> Secrets<'_> {
        let data = self.data.read().unwrap_or_else(PoisonError::into_inner);
        let (version, key) = data
            .last_key_value()
            .map_or((0, [0; 32]), |(v, k)| (*v, *k));
        Secrets {
            keys: self,
            version,
            key,
        }
    }

    fn data_key(&self, version: u32) -> Result<[u8; 32]> {
        let known = |keys: &Self| {
            let data = keys.data.read().unwrap_or_else(PoisonError::into_inner);
            data.get(&version).copied()
        };
        if let Some(key) = known(self) {
            return Ok(key);
        }
        if let Ok(found) = read_data(&self.folder) {
            *self.data.write().unwrap_or_else(PoisonError::into_inner) = found;
        }
        known(self).ok_or_else(|| {
            Error::Away(format!(
                "this node lacks {}: copy it here",
                data_file(version)
            ))
        })
    }

    /// Makes the data key after the newest one; answers its version and file.
    pub(crate) fn make_next(&self) -> anyhow::Result<(u32, PathBuf)> {
        let version = self.newest().version.saturating_add(1);
        let path = self.folder.join(data_file(version));
        let key = made(&path, Of::NewDatabase)?;
        let mut data = self.data.write().unwrap_or_else(PoisonError::into_inner);
        data.insert(version, key);
        Ok((version, path))
    }

    /// The files of data keys older than this one.
    pub(crate) fn older_than(&self, version: u32) -> Vec<PathBuf> {
        let data = self.data.read().unwrap_or_else(PoisonError::into_inner);
        data.range(..version)
            .map(|(older, _)| self.folder.join(data_file(*older)))
            .collect()
    }
}

impl Deref for Secrets<'_> {
    type Target = Keys;

    fn deref(&self) -> &Keys {
        self.keys
    }
}

impl<'a> Secrets<'a> {
    /// Which data key seals.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// The same secrets with another data key.
    pub(crate) fn with(&self, version: u32) -> Result<Secrets<'a>> {
        self.keys.at(version)
    }

    /// A keyed hash: equal for equal values, telling nothing to who lacks the key.
    pub(crate) fn mac(&self, purpose: &str, fields: &[&[u8]]) -> Hash {
        keyed(&self.key, purpose, fields)
    }

    /// The hashes under which a value may stand in the database: by the newest key, and by the one
    /// before it while that is being replaced. Without a second key both are the same.
    pub(crate) fn macs(&self, purpose: &str, fields: &[&[u8]]) -> [Hash; 2] {
        let data = self.data.read().unwrap_or_else(PoisonError::into_inner);
        let mut newest = data.values().rev().map(|key| keyed(key, purpose, fields));
        let first = newest.next().unwrap_or_else(|| self.mac(purpose, fields));
        [first, newest.next().unwrap_or(first)]
    }

    /// Which secrets these are, telling nothing of them: nodes of one database must agree.
    pub(crate) fn print(&self) -> Hash {
        self.mac("data key", &[])
    }

    /// What every value begins with that was sealed with this data key.
    pub(crate) fn mark(&self) -> Vec<u8> {
        [&[XCHACHA][..], &self.version.to_be_bytes()].concat()
    }

    /// Encrypts a value for one place in the database; elsewhere it does not open.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce = random::<NONCE>()?;
        let sealed = cipher(&self.key)?
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: place.as_bytes(),
                },
            )
            .map_err(|_| Error::broken("sealing failed"))?;
        Ok([self.mark().as_slice(), &nonce, &sealed].concat())
    }

    /// Decrypts what [`Self::seal`] made for the same place, with whichever key.
    pub(crate) fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || Error::broken(format!("a sealed value of {place} does not open"));
        let (version, rest) = match sealed.split_first().ok_or_else(broken)? {
            (&XCHACHA_FIRST, rest) => (1, rest),
            (&XCHACHA, rest) => {
                let (version, rest) = rest.split_first_chunk::<4>().ok_or_else(broken)?;
                (u32::from_be_bytes(*version), rest)
            }
            _ => return Err(broken()),
        };
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or_else(broken)?;
        cipher(&self.data_key(version)?)?
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
}

fn cipher(key: &[u8; 32]) -> Result<XChaCha20Poly1305> {
    XChaCha20Poly1305::new_from_slice(key).map_err(|_| Error::broken("the data key is no key"))
}

fn keyed(key: &[u8; 32], purpose: &str, fields: &[&[u8]]) -> Hash {
    let fields = Hash::of_fields(purpose.as_bytes(), fields);
    Hash::from_bytes(mac(key, &[b"bondhouse keyed hash 1", fields.as_bytes()]))
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

/// A 32-byte key in hexadecimal, made when it may be.
fn made(path: &Path, of: Of) -> anyhow::Result<[u8; 32]> {
    if !path.exists() {
        ensure!(
            of == Of::NewDatabase,
            "{} is missing: the database was made with it, so put the copy of it back",
            path.display()
        );
        make_key(path).with_context(|| format!("cannot make {}", path.display()))?;
    }
    read_key(path)
}

/// Written whole under another name first: a key file is never found half written.
fn make_key(path: &Path) -> anyhow::Result<()> {
    let fresh = random::<32>().map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
    let begun = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&begun)?;
    file.write_all(HEXLOWER.encode(&fresh).as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    // Unlike a renaming, a link never replaces the key that another node made meanwhile.
    let linked = std::fs::hard_link(&begun, path);
    std::fs::remove_file(&begun)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => sync_folder(path),
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> anyhow::Result<()> {
    match path.parent() {
        Some(folder) => Ok(std::fs::File::open(folder)?.sync_all()?),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> anyhow::Result<()> {
    Ok(())
}

fn read_key(path: &Path) -> anyhow::Result<[u8; 32]> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let bytes = HEXLOWER
        .decode(text.trim().as_bytes())
        .with_context(|| format!("{} is no key: 64 hexadecimal digits are", path.display()))?;
    bytes
        .try_into()
        .map_err(|_| anyhow::anyhow!("{} is no 32-byte key", path.display()))
}
