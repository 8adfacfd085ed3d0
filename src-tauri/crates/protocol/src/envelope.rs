//! How a call travels: JSON, compressed, signed.
//!
//! The signature covers the exact bytes on the wire, so it is checked before anything is unpacked
//! or parsed. Unpacking is capped, so a small body cannot become a large one.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::io::Read;
use zstd::bulk::Compressor;
use zstd::stream::read::Decoder;
use zstd::zstd_safe::{DCtx, DParameter};

/// HTTP header that names the signer: `device/incarnation`, or the authority's key id.
pub const SIGNER_HEADER: &str = "bondhouse-signer";
/// HTTP header with the Ed25519 signature over the body, hexadecimal.
pub const SIGNATURE_HEADER: &str = "bondhouse-signature";
/// HTTP header with the nonce of a call without a body.
pub const NONCE_HEADER: &str = "bondhouse-nonce";
/// Content type of both directions.
pub const CONTENT_TYPE: &str = "application/vnd.bondhouse.sync+zstd";

/// At most this many bytes on the wire.
pub const MOST_PACKED: usize = 4 * 1024 * 1024;
/// At most this many bytes after unpacking.
pub const MOST_UNPACKED: u64 = 16 * 1024 * 1024;

const CONTEXT: &[u8] = b"bondhouse sync 1\0";

/// Why a body cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not signed by the key that the signer was enrolled with.
    #[error("the signature does not fit")]
    Signature,
    /// Larger than allowed, packed or unpacked.
    #[error("the body is too large")]
    TooLarge,
    /// Not what it should be inside.
    #[error("the body cannot be read")]
    Unreadable,
}

/// A packed body with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The bytes on the wire.
    pub body: Vec<u8>,
    /// The signature over them, hexadecimal.
    pub signature: String,
}

/// Packs and signs.
///
/// # Errors
/// [`EnvelopeError::TooLarge`] when the packed body would be refused by the other side.
pub fn seal<T: Serialize>(value: &T, key: &SigningKey) -> Result<Sealed, EnvelopeError> {
    let json = serde_json::to_vec(value).map_err(|_| EnvelopeError::Unreadable)?;
    let body = pack(&json).map_err(|_| EnvelopeError::Unreadable)?;
    if body.len() > MOST_PACKED {
        return Err(EnvelopeError::TooLarge);
    }
    Ok(Sealed {
        signature: data_encoding::HEXLOWER.encode(&key.sign(&signed_text(&body)).to_bytes()),
        body,
    })
}

/// The packer's tables are larger than most bodies, so each thread keeps its own.
fn pack(json: &[u8]) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    PACKER.with_borrow_mut(|kept| match kept {
        Some(packer) => packer.compress(json),
        None => kept.insert(Compressor::new(3)?).compress(json),
    })
}

/// Unpacks, at most one byte more than allowed; what it unpacks with each thread keeps as well.
fn unpack(body: &[u8]) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static UNPACKER: RefCell<DCtx<'static>> = RefCell::new(unpacker());
    }
    UNPACKER.with_borrow_mut(|kept| {
        let mut json = Vec::new();
        Decoder::with_context(body, kept)
            .take(MOST_UNPACKED.saturating_add(1))
            .read_to_end(&mut json)?;
        Ok(json)
    })
}

fn unpacker() -> DCtx<'static> {
    let mut unpacker = DCtx::create();
    // 16 MiB: a body of that size needs no longer window, and a thread keeps what one needed.
    let _ = unpacker.set_parameter(DParameter::WindowLogMax(24));
    unpacker
}

/// Signs a call that has no body: its target with the query, and a nonce so that none is asked twice.
pub fn sign_call(target: &str, nonce: &str, key: &SigningKey) -> String {
    data_encoding::HEXLOWER.encode(&key.sign(&call_text(target, nonce)).to_bytes())
}

/// Whether a call without a body was signed with this key.
///
/// # Errors
/// [`EnvelopeError::Signature`].
pub fn check_call(
    target: &str,
    nonce: &str,
    signature: &str,
    key: &VerifyingKey,
) -> Result<(), EnvelopeError> {
    let signature = signature_in(signature)?;
    key.verify_strict(&call_text(target, nonce), &signature)
        .map_err(|_| EnvelopeError::Signature)
}

fn call_text(target: &str, nonce: &str) -> Vec<u8> {
    format!("bondhouse call 1\0GET\n{target}\n{nonce}").into_bytes()
}

fn signature_in(text: &str) -> Result<Signature, EnvelopeError> {
    data_encoding::HEXLOWER
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .ok_or(EnvelopeError::Signature)
}

/// Checks the signature, then unpacks and reads.
///
/// # Errors
/// See [`EnvelopeError`]; nothing of the body was believed before its signature held.
pub fn open<T: DeserializeOwned>(
    body: &[u8],
    signature: &str,
    key: &VerifyingKey,
) -> Result<T, EnvelopeError> {
    if body.len() > MOST_PACKED {
        return Err(EnvelopeError::TooLarge);
    }
    let signature = signature_in(signature)?;
    key.verify_strict(&signed_text(body), &signature)
        .map_err(|_| EnvelopeError::Signature)?;
    let json = unpack(body).map_err(|_| EnvelopeError::Unreadable)?;
    if json.len() as u64 > MOST_UNPACKED {
        return Err(EnvelopeError::TooLarge);
    }
    serde_json::from_slice(&json).map_err(|_| EnvelopeError::Unreadable)
}

fn signed_text(body: &[u8]) -> Vec<u8> {
    [CONTEXT, body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[3; 32])
    }

    proptest! {
        #[test]
        fn what_was_sealed_is_opened_and_a_flipped_bit_is_not(text in ".{0,200}", at in any::<usize>()) {
            let mut sealed = seal(&text, &key()).unwrap();
            let back: String = open(&sealed.body, &sealed.signature, &key().verifying_key()).unwrap();
            prop_assert_eq!(back, text);
            let at = at % sealed.body.len();
            sealed.body[at] ^= 1;
            let opened = open::<String>(&sealed.body, &sealed.signature, &key().verifying_key());
            prop_assert!(matches!(opened, Err(EnvelopeError::Signature)));
        }
    }

    #[test]
    fn a_call_without_a_body_is_signed_for_its_target_and_nonce_alone() {
        let (target, public) = ("/v1/snapshot?part=0", key().verifying_key());
        let signature = sign_call(target, "n1", &key());
        assert!(check_call(target, "n1", &signature, &public).is_ok());
        assert!(check_call("/v1/snapshot?part=1", "n1", &signature, &public).is_err());
        assert!(check_call(target, "n2", &signature, &public).is_err());
        assert!(check_call(target, "n1", "00", &public).is_err());
    }

    #[test]
    fn a_small_body_that_would_unpack_huge_is_refused() {
        let body = zstd::bulk::compress(&vec![b' '; 20 * 1024 * 1024], 3).unwrap();
        let signature = data_encoding::HEXLOWER.encode(&key().sign(&signed_text(&body)).to_bytes());
        let opened = open::<String>(&body, &signature, &key().verifying_key());
        assert!(matches!(opened, Err(EnvelopeError::TooLarge)));
    }
}
