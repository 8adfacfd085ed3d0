//! Leases: signed, fenced rights by which a workstation may act alone.
//!
//! One envelope for every right (an order, a bin, a handling unit, a count, a range of numbers),
//! one fence rule, one expiry rule. The authority signs the exact bytes; a workstation believes
//! nothing else. Expiry stops the holder and never frees the thing leased: that takes the holder's
//! own report, or a human who looked (sync protocol, section 0, rule 2).
//!
//! A lease carries no personal data: the consignee travels beside it and is bound to it by a
//! salted commitment.

use crate::clearance::{ClearanceFacts, Cleared};
use crate::ids::{
    DeviceId, FeedPos, Fence, GrantId, Incarnation, LicencePlate, LocationId, OrderKey,
    WarehouseId, WaybillKey,
};
use crate::journal::Hash;
use crate::labels::Sender;
use crate::message::Refusal;
use crate::quantity::{Quantity, Weight};
use crate::stock::{Goods, Spot};
use crate::time::Instant;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Separates lease signatures from every other use of the authority's key.
const CONTEXT: &[u8] = b"bondhouse lease 1\0";

/// What a lease says, once its signature has been checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The grant's own name.
    pub grant: GrantId,
    /// The warehouse whose authority granted it.
    pub warehouse: WarehouseId,
    /// Which authority: grows when it is moved or restored.
    pub authority_epoch: u32,
    /// The one workstation that may use it.
    pub device: DeviceId,
    /// The one life of that workstation's store.
    pub incarnation: Incarnation,
    /// The fencing token of the thing leased.
    pub fence: Fence,
    /// Feed position at which it was granted: what the authority knew then.
    pub issued_pos: FeedPos,
    /// When it was granted, by the authority's clock.
    pub issued_at: Instant,
    /// How long the holder may act without contact.
    pub work_until: Instant,
    /// It may be used only while the authority answers ([`offline`](crate::offline)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_contact: bool,
    /// The version of the offline policy that its terms follow.
    #[serde(default)]
    pub policy: u32,
    /// What it gives the right to.
    pub right: Right,
}

/// What a lease gives the right to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Right {
    /// Pick, verify, pack and release one cleared order from reserved lots.
    Order(Box<OrderRight>),
    /// Move what lies in a location.
    Bin {
        /// The location.
        location: LocationId,
    },
    /// Move a licence plate and what stands on it.
    HandlingUnit {
        /// The licence plate.
        plate: LicencePlate,
    },
    /// Count a location, blind.
    CountTask {
        /// The location.
        location: LocationId,
    },
    /// Use numbers of a range, each once.
    NumberRange {
        /// What the numbers are for: `sscc` or a carrier's registration code.
        kind: String,
        /// The first number.
        first: u64,
        /// How many.
        count: u32,
    },
}

/// The right to release one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct OrderRight {
    /// The order.
    pub order: OrderKey,
    /// Its waybill, allocated before the grant so that no number is invented offline.
    pub waybill: WaybillKey,
    /// The carrier's name, for the label.
    pub carrier_name: String,
    /// Who sends the parcel and takes it back when it cannot be delivered.
    pub sender: Sender,
    /// The carrier's three-segment sort code, never computed locally.
    pub sort_code: String,
    /// The carrier's hub.
    pub hub: String,
    /// Where the released parcel goes (集货道口).
    pub lane: String,
    /// What to pick, from where.
    pub lines: Vec<LeasedLine>,
    /// Expected gross weight of the packed parcel, for the scale.
    pub gross_weight: Weight,
    /// What proves the clearance.
    pub clearance: ClearanceFacts,
    /// Salted commitment to the consignee's data that travels beside the lease.
    pub consignee_commitment: Hash,
}

/// One order line with its reserved goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct LeasedLine {
    /// The line's number in order and list (`gnum`).
    pub gnum: u32,
    /// The goods reserved; I13: their ledger item is the one the declaration names.
    pub goods: Goods,
    /// Where they lie.
    pub spot: Spot,
    /// How many, in the declared unit.
    pub qty: Quantity,
}

/// A lease as it travels and is stored: the exact bytes that were signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedLease {
    /// The lease as UTF-8 JSON; never serialised again.
    pub bytes: String,
    /// Which of the authority's keys signed it.
    pub key_id: String,
    /// Ed25519 signature, 128 hexadecimal digits.
    pub signature: String,
}

/// The authority's public keys by key id.
pub type AuthorityKeys = BTreeMap<String, VerifyingKey>;

impl SignedLease {
    /// Signs a lease, at the authority.
    ///
    /// # Errors
    /// When the lease cannot be written as JSON, which only an impossible date could cause.
    pub fn sign(lease: &Lease, key_id: &str, key: &SigningKey) -> Result<Self, serde_json::Error> {
        let bytes = serde_json::to_string(lease)?;
        let signature = key.sign(&signed_text(&bytes));
        Ok(Self {
            signature: data_encoding::HEXLOWER.encode(&signature.to_bytes()),
            key_id: key_id.to_owned(),
            bytes,
        })
    }

    /// Checks the authority's signature over the bytes. The only way to a [`VerifiedLease`].
    ///
    /// # Errors
    /// A refusal when the key is unknown, the signature wrong or the bytes are no lease.
    pub fn verify(&self, keys: &AuthorityKeys) -> Result<VerifiedLease, Refusal> {
        let key = keys
            .get(&self.key_id)
            .ok_or_else(|| says::unknown_key(&self.key_id))?;
        let signature = data_encoding::HEXLOWER
            .decode(self.signature.as_bytes())
            .ok()
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .ok_or_else(|| says::bad_signature(&self.key_id))?;
        key.verify_strict(&signed_text(&self.bytes), &signature)
            .map_err(|_| says::bad_signature(&self.key_id))?;
        serde_json::from_str(&self.bytes)
            .map(VerifiedLease)
            .map_err(|_| says::bad_signature(&self.key_id))
    }
}

fn signed_text(bytes: &str) -> Vec<u8> {
    [CONTEXT, bytes.as_bytes()].concat()
}

/// A lease whose signature was checked. Holding one says who granted what, not that it still holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLease(Lease);

/// Who asks to use a lease, and when: checked at every use.
#[derive(Debug, Clone)]
pub struct Holder {
    /// This workstation.
    pub device: DeviceId,
    /// This life of its store.
    pub incarnation: Incarnation,
    /// Its estimate of the authority's clock.
    pub now_est: Instant,
    /// The authority answers it.
    pub in_contact: bool,
}

impl VerifiedLease {
    /// What the lease says.
    pub fn lease(&self) -> &Lease {
        &self.0
    }

    /// The order it gives the right to, if it is a right to an order.
    pub fn order(&self) -> Option<&OrderRight> {
        match &self.0.right {
            Right::Order(right) => Some(right),
            Right::Bin { .. }
            | Right::HandlingUnit { .. }
            | Right::CountTask { .. }
            | Right::NumberRange { .. } => None,
        }
    }

    /// Whether this holder may use it now.
    ///
    /// # Errors
    /// The refusal that says why not: another holder's, out of time, or without the contact it needs.
    pub fn usable_by(&self, holder: &Holder) -> Result<(), Refusal> {
        if self.0.device != holder.device || self.0.incarnation != holder.incarnation {
            return Err(says::not_yours(&self.0.grant));
        }
        if holder.now_est >= self.0.work_until {
            return Err(says::ran_out(&self.0.grant, self.0.work_until.to_rfc3339()));
        }
        if self.0.needs_contact && !holder.in_contact {
            return Err(crate::offline::says::release());
        }
        Ok(())
    }
}

impl Cleared {
    /// The proof at a workstation: an order's lease, in time, in the hands it was granted to.
    ///
    /// # Errors
    /// The refusal of [`VerifiedLease::usable_by`], or that the lease is not for an order.
    pub fn from_lease(lease: &VerifiedLease, holder: &Holder) -> Result<Self, Refusal> {
        lease.usable_by(holder)?;
        let right = lease
            .order()
            .ok_or_else(|| says::not_an_order(&lease.0.grant))?;
        Ok(Self::vouched(right.order.clone(), right.clearance.clone()))
    }
}

/// What leases may say.
pub mod says {
    crate::messages! {
        yes {
            /// How long the lease still holds.
            valid_until(time) = "leases.valid_until";
        }
        no {
            /// The signing key is not one of the authority's.
            unknown_key(key) = "leases.unknown_key";
            /// The signature does not fit the bytes.
            bad_signature(key) = "leases.bad_signature";
            /// Granted to another workstation or an earlier life of this one.
            not_yours(grant) = "leases.not_yours";
            /// Too long without contact: customs may have changed its mind.
            ran_out(grant, work_until) = "leases.ran_out";
            /// The lease is for something else than an order.
            not_an_order(grant) = "leases.not_an_order";
            /// This workstation holds no lease for the order.
            none_held(order) = "leases.none_held";
            /// The authority took it back.
            revoked(order) = "leases.revoked";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Weight;

    fn lease() -> Lease {
        Lease {
            grant: GrantId::new("g1"),
            warehouse: WarehouseId::new("NB01"),
            authority_epoch: 1,
            device: DeviceId::new("P-07"),
            incarnation: Incarnation(1),
            fence: Fence(1),
            issued_pos: FeedPos(9),
            issued_at: Instant::from_millis(1_000),
            work_until: Instant::from_millis(5_000),
            needs_contact: false,
            policy: 0,
            right: Right::Order(Box::new(OrderRight {
                order: OrderKey {
                    platform: "3105960A01".into(),
                    order_no: "B1".into(),
                },
                waybill: WaybillKey {
                    carrier: "330298T001".into(),
                    waybill_no: "YT1433281291145".into(),
                },
                carrier_name: "捷达速运".into(),
                sender: Sender {
                    name: "示例保税仓".into(),
                    phone: "400-000-0000".into(),
                    address: "保税东区示范路 1 号".into(),
                },
                sort_code: "755-F15-83".into(),
                hub: "深圳转运中心".into(),
                lane: "B-12".into(),
                lines: vec![],
                gross_weight: Weight::ZERO,
                clearance: ClearanceFacts {
                    declaration_no: "31052026I156997919".into(),
                    released_at: Instant::from_millis(500),
                    log_hash: Hash::GENESIS,
                },
                consignee_commitment: Hash::GENESIS,
            })),
        }
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn keys() -> AuthorityKeys {
        [("k1".to_owned(), key().verifying_key())].into()
    }

    fn at(now: i64, incarnation: u32) -> Holder {
        Holder {
            device: DeviceId::new("P-07"),
            incarnation: Incarnation(incarnation),
            now_est: Instant::from_millis(now),
            in_contact: false,
        }
    }

    #[test]
    fn a_changed_byte_or_a_foreign_key_yields_no_proof() {
        let signed = SignedLease::sign(&lease(), "k1", &key()).unwrap();
        assert!(signed.verify(&keys()).is_ok());
        let longer = SignedLease {
            bytes: signed.bytes.replace("5000", "9000"),
            ..signed.clone()
        };
        assert_eq!(longer.verify(&keys()), Err(says::bad_signature("k1")));
        let other = SignedLease::sign(&lease(), "k1", &SigningKey::from_bytes(&[8; 32])).unwrap();
        assert_eq!(other.verify(&keys()), Err(says::bad_signature("k1")));
    }

    #[test]
    fn a_lease_that_needs_contact_proves_nothing_without_it() {
        let signed = SignedLease::sign(
            &Lease {
                needs_contact: true,
                ..lease()
            },
            "k1",
            &key(),
        )
        .unwrap();
        let verified = signed.verify(&keys()).unwrap();
        let refused = Cleared::from_lease(&verified, &at(2_000, 1)).unwrap_err();
        assert_eq!(refused, crate::offline::says::release());
        let holder = Holder {
            in_contact: true,
            ..at(2_000, 1)
        };
        assert!(Cleared::from_lease(&verified, &holder).is_ok());
        // Who takes the word out has another lease, and nobody's signature over it.
        let stripped = SignedLease {
            bytes: signed.bytes.replace("\"needs_contact\":true,", ""),
            ..signed
        };
        assert_eq!(stripped.verify(&keys()), Err(says::bad_signature("k1")));
    }

    #[test]
    fn the_proof_ends_with_the_lease_and_dies_with_the_disk() {
        let verified = SignedLease::sign(&lease(), "k1", &key())
            .unwrap()
            .verify(&keys())
            .unwrap();
        assert!(Cleared::from_lease(&verified, &at(4_999, 1)).is_ok());
        assert!(Cleared::from_lease(&verified, &at(5_000, 1)).is_err());
        assert_eq!(
            Cleared::from_lease(&verified, &at(2_000, 2)),
            Err(says::not_yours("g1"))
        );
    }
}
