//! The release token (放行凭证): a release that survives the disk it was recorded on.
//!
//! It is printed on the parcel's label. Should a workstation be lost with releases it had not yet
//! sent, any online station scans the parcels and the authority, which made the key of each
//! `(device, incarnation)` and keeps it, can tell a true token from a false one.
//!
//! Bytes: version, warehouse, platform and number of the order, device, incarnation, seq, then 16
//! bytes of HMAC-SHA-256 over all before. Texts and numbers carry their length in one byte. In
//! base32 the whole stays within the alphabet of own codes and in QR's compact alphanumeric mode;
//! at some 120 characters it is printed as QR, not as bars.

use super::says;
use crate::ids::{DeviceId, Incarnation, OrderKey, Seq, WarehouseId};
use crate::message::Refusal;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const VERSION: u8 = 1;
const MAC_BYTES: usize = 16;

/// The key of one `(device, incarnation)`, made and kept by the authority.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey(pub [u8; 32]);

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

/// What a token says: this event of this workstation released this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseToken {
    /// In this warehouse.
    pub warehouse: WarehouseId,
    /// This order.
    pub order: OrderKey,
    /// Was released at this workstation.
    pub device: DeviceId,
    /// In this life of its store.
    pub incarnation: Incarnation,
    /// By this event of its journal.
    pub seq: Seq,
}

/// A token as scanned: what it claims, not yet what is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    claims: ReleaseToken,
    signed: Vec<u8>,
    mac: [u8; MAC_BYTES],
}

impl ReleaseToken {
    /// Signs the token; `None` when a name is longer than 255 bytes.
    pub fn sign(self, key: &TokenKey) -> Option<Unverified> {
        let mut signed = vec![VERSION];
        for text in [
            self.warehouse.as_str(),
            &self.order.platform,
            &self.order.order_no,
            self.device.as_str(),
        ] {
            signed.push(u8::try_from(text.len()).ok()?);
            signed.extend_from_slice(text.as_bytes());
        }
        for number in [u64::from(self.incarnation.0), self.seq.0] {
            let bytes = number.to_be_bytes();
            let digits = bytes.iter().skip_while(|byte| **byte == 0).copied();
            signed.push(u8::try_from(digits.clone().count()).ok()?);
            signed.extend(digits);
        }
        let mac = mac(key, &signed)?.finalize().into_bytes();
        let mac = mac.get(..MAC_BYTES)?.try_into().ok()?;
        Some(Unverified {
            claims: self,
            signed,
            mac,
        })
    }
}

impl Unverified {
    /// What the token claims, to find its key by; prove it with [`verify`](Self::verify).
    pub fn claims(&self) -> &ReleaseToken {
        &self.claims
    }

    /// The token, if it was signed with this key.
    ///
    /// # Errors
    /// `scanner.token_false`.
    pub fn verify(self, key: &TokenKey) -> Result<ReleaseToken, Refusal> {
        match mac(key, &self.signed).map(|mac| mac.verify_truncated_left(&self.mac)) {
            Some(Ok(())) => Ok(self.claims),
            _ => Err(says::token_false()),
        }
    }

    pub(super) fn encoded(&self) -> String {
        BASE32_NOPAD.encode(&[self.signed.as_slice(), &self.mac].concat())
    }

    pub(super) fn decode(payload: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(payload.as_bytes()).ok()?;
        let (signed, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        let (version, mut rest) = signed.split_first()?;
        if *version != VERSION {
            return None;
        }
        let claims = ReleaseToken {
            warehouse: WarehouseId::new(text(&mut rest)?),
            order: OrderKey {
                platform: text(&mut rest)?,
                order_no: text(&mut rest)?,
            },
            device: DeviceId::new(text(&mut rest)?),
            incarnation: Incarnation(u32::try_from(number(&mut rest)?).ok()?),
            seq: Seq(number(&mut rest)?),
        };
        rest.is_empty().then(|| {
            Some(Self {
                claims,
                signed: signed.to_vec(),
                mac: mac.try_into().ok()?,
            })
        })?
    }
}

fn mac(key: &TokenKey, signed: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).ok()?;
    mac.update(signed);
    Some(mac)
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first()?;
    let (field, after) = after.split_at_checked(usize::from(*length))?;
    *rest = after;
    Some(field)
}

fn text(rest: &mut &[u8]) -> Option<String> {
    String::from_utf8(field(rest)?.to_vec()).ok()
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let digits = field(rest)?;
    (digits.len() <= 8).then(|| {
        digits
            .iter()
            .fold(0u64, |number, byte| (number << 8) | u64::from(*byte))
    })
}
