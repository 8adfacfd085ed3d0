//! Sealing of single fields: XChaCha20-Poly1305, bound to the row and column they stand in.
//!
//! A sealed field is `algorithm (1 byte) | key version (4) | nonce (24) | ciphertext and tag`. The
//! associated data names table, row, column and key version, so that a field copied to another row
//! does not open. The algorithm's number stands in every field, because some sites must move to
//! another cipher; fields sealed with an older key open as long as that key is given.
//!
//! Not here: where keys come from (the keyring, `app`), and whole-disk encryption (the system's).

use crate::error::StoreError;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use std::collections::BTreeMap;
use std::fmt;

const XCHACHA20_POLY1305: u8 = 1;
const NONCE: usize = 24;

/// The keys personal data is sealed with; new fields take the current one.
#[derive(Clone)]
pub struct FieldKeys {
    current: u32,
    by_version: BTreeMap<u32, [u8; 32]>,
}

impl FieldKeys {
    /// One key, and the version it is known by.
    pub fn new(version: u32, key: [u8; 32]) -> Self {
        Self {
            current: version,
            by_version: [(version, key)].into(),
        }
    }

    /// Also opens what an earlier key sealed.
    #[must_use]
    pub fn opening_also(mut self, version: u32, key: [u8; 32]) -> Self {
        self.by_version.entry(version).or_insert(key);
        self
    }
}

impl fmt::Debug for FieldKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldKeys(current version {})", self.current)
    }
}

/// The place a sealed field stands in and may not leave.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) table: &'static str,
    pub(crate) row: &'a [&'a [u8]],
    pub(crate) column: &'static str,
}

impl Field<'_> {
    /// Length-prefixed, so that no two places share it.
    fn associated_data(&self, version: u32) -> Vec<u8> {
        let version = version.to_be_bytes();
        std::iter::once(self.table.as_bytes())
            .chain(self.row.iter().copied())
            .chain([self.column.as_bytes(), version.as_slice()])
            .flat_map(|part| {
                (part.len() as u64)
                    .to_be_bytes()
                    .into_iter()
                    .chain(part.iter().copied())
            })
            .collect()
    }
}

impl FieldKeys {
    pub(crate) fn seal(&self, field: Field<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| StoreError::NoRandomness)?;
        let aad = field.associated_data(self.current);
        let sealed = self
            .cipher(self.current, field)?
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: &aad,
                },
            )
            .map_err(|_| StoreError::Sealed(field.column))?;
        Ok([
            &[XCHACHA20_POLY1305],
            self.current.to_be_bytes().as_slice(),
            &nonce,
            &sealed,
        ]
        .concat())
    }

    pub(crate) fn open(&self, field: Field<'_>, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let cannot = || StoreError::Sealed(field.column);
        let (&algorithm, rest) = sealed.split_first().ok_or_else(cannot)?;
        let (version, rest) = rest.split_first_chunk::<4>().ok_or_else(cannot)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or_else(cannot)?;
        if algorithm != XCHACHA20_POLY1305 {
            return Err(cannot());
        }
        let version = u32::from_be_bytes(*version);
        let aad = field.associated_data(version);
        self.cipher(version, field)?
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: sealed,
                    aad: &aad,
                },
            )
            .map_err(|_| cannot())
    }

    fn cipher(&self, version: u32, field: Field<'_>) -> Result<XChaCha20Poly1305, StoreError> {
        let key = self
            .by_version
            .get(&version)
            .ok_or(StoreError::Sealed(field.column))?;
        Ok(XChaCha20Poly1305::new(&Key::from(*key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(order: &[u8]) -> [&[u8]; 1] {
        [order]
    }

    #[test]
    fn a_field_opens_only_where_it_was_sealed() {
        let keys = FieldKeys::new(1, [7; 32]);
        let (b1, b2) = (name_of(b"B1"), name_of(b"B2"));
        let at = |row| Field {
            table: "consignees",
            row,
            column: "name",
        };
        let sealed = keys.seal(at(&b1), "甲子".as_bytes()).unwrap();
        assert_eq!(keys.open(at(&b1), &sealed).unwrap(), "甲子".as_bytes());
        assert!(matches!(
            keys.open(at(&b2), &sealed),
            Err(StoreError::Sealed("name"))
        ));
        let phone = Field {
            column: "phone",
            ..at(&b1)
        };
        assert!(keys.open(phone, &sealed).is_err());
    }

    #[test]
    fn after_a_change_of_keys_old_fields_still_open_while_the_old_key_is_given() {
        let row = name_of(b"B1");
        let field = Field {
            table: "consignees",
            row: &row,
            column: "name",
        };
        let sealed = FieldKeys::new(1, [7; 32]).seal(field, b"x").unwrap();
        let next = FieldKeys::new(2, [8; 32]);
        assert!(next.open(field, &sealed).is_err());
        assert_eq!(
            next.opening_also(1, [7; 32]).open(field, &sealed).unwrap(),
            b"x"
        );
    }
}
