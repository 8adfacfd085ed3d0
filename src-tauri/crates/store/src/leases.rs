//! Leases as they were signed, and the sealed data of the people the parcels go to.
//!
//! A right is always read from its signed bytes and its signature checked anew: a row someone
//! edited gives no right. What became of a lease here is `release`'s; a lease with an ended job is
//! no longer held, whatever its bytes say.

use crate::columns::Nat;
use crate::error::StoreError;
use crate::sealed::Field;
use crate::tx::Tx;
use crate::view::View;
use bondhouse_domain::ids::{Fence, GrantId, LicencePlate, OrderKey};
use bondhouse_domain::leases::{Holder, Right, SignedLease, VerifiedLease, says};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::personal::Personal;
use bondhouse_domain::time::Instant;
use rusqlite::{Row, params};

/// Whom a parcel goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consignee {
    /// Name.
    pub name: Personal,
    /// Telephone.
    pub phone: Personal,
    /// Address.
    pub address: Personal,
    /// Salt of the commitment in the lease.
    pub salt: Personal,
}

macro_rules! select_held {
    ($rest:literal) => {
        concat!(
            "SELECT bytes, key_id, signature FROM leases WHERE warehouse_id = ?1 AND ended = 0 ",
            $rest
        )
    };
}

fn signed_in(row: &Row<'_>) -> rusqlite::Result<SignedLease> {
    Ok(SignedLease {
        bytes: row.get(0)?,
        key_id: row.get(1)?,
        signature: row.get(2)?,
    })
}

impl View<'_> {
    /// Who acts here, at a moment: what a lease is checked against.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn holder(&self, now_est: Instant) -> Result<Holder, StoreError> {
        let series = self.series();
        Ok(Holder {
            device: series.device.clone(),
            incarnation: series.incarnation,
            now_est,
            in_contact: self.in_contact(now_est)?,
        })
    }

    /// All leases neither used up nor dropped, signatures checked, soonest to run out first.
    ///
    /// # Errors
    /// The refusal of a lease whose bytes were altered.
    pub fn leases_held(&self) -> Result<Vec<VerifiedLease>, StoreError> {
        self.verified(self.list(
            select_held!("ORDER BY work_until, grant_id"),
            [self.w()],
            signed_in,
        )?)
    }

    /// The lease on an order, to be turned into a proof by `Cleared::from_lease`.
    ///
    /// # Errors
    /// A refusal when none is held, it was revoked, or its bytes were altered.
    pub fn lease_on(&self, order: &OrderKey) -> Result<VerifiedLease, StoreError> {
        let held = self.list(
            select_held!("AND platform = ?2 AND order_no = ?3 ORDER BY fence DESC LIMIT 1"),
            [self.w(), &order.platform, &order.order_no],
            signed_in,
        )?;
        if let Some(lease) = self.verified(held)?.pop() {
            return Ok(lease);
        }
        let last_word: Option<String> = self.find(
            "SELECT why FROM release_jobs WHERE warehouse_id = ?1 AND platform = ?2 AND order_no = ?3
             ORDER BY fence DESC LIMIT 1",
            [self.w(), &order.platform, &order.order_no],
            |row| row.get(0),
        )?;
        Err(match last_word.as_deref() {
            Some("revoked") => says::revoked(order).into(),
            _ => says::none_held(order).into(),
        })
    }

    /// The newest lease there ever was on an order, ended or not: what its label is printed from.
    ///
    /// It gives no right: whether it may still be used, only [`lease_on`](Self::lease_on) says.
    ///
    /// # Errors
    /// A refusal when there never was one, or its bytes were altered.
    pub fn lease_ever(&self, order: &OrderKey) -> Result<VerifiedLease, StoreError> {
        let newest = self.list(
            "SELECT bytes, key_id, signature FROM leases
             WHERE warehouse_id = ?1 AND platform = ?2 AND order_no = ?3 ORDER BY fence DESC LIMIT 1",
            [self.w(), &order.platform, &order.order_no],
            signed_in,
        )?;
        self.verified(newest)?
            .pop()
            .ok_or_else(|| says::none_held(order).into())
    }

    /// Leases on orders with goods on this licence plate: what a scanned tote is for.
    ///
    /// # Errors
    /// The refusal of a lease whose bytes were altered.
    pub fn leases_on_plate(&self, plate: &LicencePlate) -> Result<Vec<VerifiedLease>, StoreError> {
        let mut leases = self.leases_held()?;
        leases.retain(|lease| {
            lease.order().is_some_and(|right| {
                right
                    .lines
                    .iter()
                    .any(|line| line.spot.plate.as_ref() == Some(plate))
            })
        });
        Ok(leases)
    }

    /// What is held, as the authority is told at every contact.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn held(&self) -> Result<Vec<(OrderKey, Fence)>, StoreError> {
        self.list(
            "SELECT platform, order_no, fence FROM leases
             WHERE warehouse_id = ?1 AND ended = 0 AND order_no <> '' ORDER BY work_until, grant_id",
            [self.w()],
            |row| {
                Ok((
                    OrderKey {
                        platform: row.get(0)?,
                        order_no: row.get(1)?,
                    },
                    Fence(row.get(2)?),
                ))
            },
        )
    }

    /// Refuses unless exactly this grant is held, in time, by us.
    pub(crate) fn require_lease(
        &self,
        order: &OrderKey,
        grant: &GrantId,
        fence: Fence,
        now_est: Instant,
    ) -> Result<(), StoreError> {
        let lease = self.lease_on(order)?;
        if &lease.lease().grant != grant || lease.lease().fence != fence {
            return Err(says::none_held(order).into());
        }
        Ok(lease.usable_by(&self.holder(now_est)?)?)
    }

    /// Whom a parcel goes to; nothing once it was erased.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] when the field key is another or a field was altered.
    pub fn consignee(&self, order: &OrderKey) -> Result<Option<Consignee>, StoreError> {
        let sealed = self.find(
            "SELECT name, phone, address, salt FROM consignees
             WHERE warehouse_id = ?1 AND platform = ?2 AND order_no = ?3",
            [self.w(), &order.platform, &order.order_no],
            |row| {
                Ok([
                    row.get::<_, Vec<u8>>(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                ])
            },
        )?;
        let Some([name, phone, address, salt]) = sealed else {
            return Ok(None);
        };
        let open = |column, sealed: &[u8]| {
            let row = self.consignee_row(order);
            let plain = self.fixed.keys.open(
                Field {
                    table: "consignees",
                    row: &row,
                    column,
                },
                sealed,
            )?;
            String::from_utf8(plain)
                .map(Personal::new)
                .map_err(|_| StoreError::Sealed(column))
        };
        Ok(Some(Consignee {
            name: open("name", &name)?,
            phone: open("phone", &phone)?,
            address: open("address", &address)?,
            salt: open("salt", &salt)?,
        }))
    }

    fn consignee_row<'b>(&'b self, order: &'b OrderKey) -> [&'b [u8]; 3] {
        [
            self.w().as_bytes(),
            order.platform.as_bytes(),
            order.order_no.as_bytes(),
        ]
    }

    fn verified(&self, signed: Vec<SignedLease>) -> Result<Vec<VerifiedLease>, StoreError> {
        let keys = self.authority_keys()?;
        signed
            .iter()
            .map(|lease| lease.verify(&keys).map_err(StoreError::Refused))
            .collect()
    }
}

impl Tx<'_> {
    /// Takes in a right, if the authority signed it for this life of this workstation. Its newest word
    /// on a grant that is held counts, also where it is a shorter one; one that was dropped stays dropped.
    pub(crate) fn take_lease(
        &self,
        signed: &SignedLease,
    ) -> Result<Result<VerifiedLease, Refusal>, StoreError> {
        let lease = match signed.verify(&self.authority_keys()?) {
            Ok(lease) => lease,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let terms = lease.lease();
        let series = self.series();
        if terms.warehouse != series.warehouse
            || terms.device != series.device
            || terms.incarnation != series.incarnation
        {
            return Ok(Err(says::not_yours(&terms.grant)));
        }
        let (platform, order_no) = match &terms.right {
            Right::Order(right) => (right.order.platform.as_str(), right.order.order_no.as_str()),
            Right::Bin { .. }
            | Right::HandlingUnit { .. }
            | Right::CountTask { .. }
            | Right::NumberRange { .. } => ("", ""),
        };
        self.run(
            "INSERT INTO leases (warehouse_id, grant_id, fence, platform, order_no, work_until, bytes, key_id,
                                 signature, needs_contact, issued_pos, ended)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
                     EXISTS (SELECT 1 FROM release_jobs WHERE warehouse_id = ?1 AND grant_id = ?2
                             AND state IN ('released', 'dropped')))
             ON CONFLICT (warehouse_id, grant_id) DO UPDATE SET
                 work_until = excluded.work_until, bytes = excluded.bytes, key_id = excluded.key_id,
                 signature = excluded.signature, needs_contact = excluded.needs_contact,
                 issued_pos = excluded.issued_pos
             WHERE excluded.fence = fence
                 AND (excluded.issued_pos, excluded.work_until) > (issued_pos, work_until)",
            params![
                self.w(),
                terms.grant.as_str(),
                terms.fence.0,
                platform,
                order_no,
                terms.work_until.as_millis(),
                signed.bytes,
                signed.key_id,
                signed.signature,
                terms.needs_contact,
                Nat(terms.issued_pos.0),
            ],
        )?;
        Ok(Ok(lease))
    }

    pub(crate) fn keep_consignee(
        &self,
        order: &OrderKey,
        consignee: &Consignee,
    ) -> Result<(), StoreError> {
        let row = self.consignee_row(order);
        let seal = |column, text: &Personal| {
            self.fixed.keys.seal(
                Field {
                    table: "consignees",
                    row: &row,
                    column,
                },
                text.reveal().as_bytes(),
            )
        };
        self.run(
            "INSERT INTO consignees (warehouse_id, platform, order_no, received_at, name, phone, address, salt)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (warehouse_id, platform, order_no) DO UPDATE SET
                 received_at = excluded.received_at, name = excluded.name, phone = excluded.phone,
                 address = excluded.address, salt = excluded.salt",
            params![
                self.w(),
                order.platform,
                order.order_no,
                self.now().as_millis(),
                seal("name", &consignee.name)?,
                seal("phone", &consignee.phone)?,
                seal("address", &consignee.address)?,
                seal("salt", &consignee.salt)?,
            ],
        )?;
        Ok(())
    }
}
