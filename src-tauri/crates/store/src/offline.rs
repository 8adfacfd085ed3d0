//! What this workstation may do without contact, and whether it is in contact now.
//!
//! A projection of the feed: every version is kept, because the next one may have been told ahead of
//! its day. What a policy means is `domain`'s.

use crate::columns::{Json, Nat};
use crate::error::StoreError;
use crate::fold::Fold;
use crate::tx::Room;
use crate::view::View;
use bondhouse_domain::offline::{self, OfflinePolicy};
use bondhouse_domain::time::Instant;
use rusqlite::params;

impl Fold<'_> {
    /// Keeps a version; told again, it is the same.
    pub(crate) fn list_offline(&mut self, policy: &OfflinePolicy) -> Result<(), StoreError> {
        self.touch(Room::Sync);
        self.touch(Room::Release);
        self.run(
            "INSERT INTO offline_policies (warehouse_id, version, valid_from, policy) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![
                self.w(),
                Nat(policy.version.into()),
                policy.valid_from.as_millis(),
                Json(policy),
            ],
        )?;
        Ok(())
    }
}

impl View<'_> {
    /// The policy in force at a moment: of those whose day has come, the newest version.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn offline_policy(&self, now_est: Instant) -> Result<OfflinePolicy, StoreError> {
        let policy = self.find(
            "SELECT policy FROM offline_policies WHERE warehouse_id = ?1 AND valid_from <= ?2
             ORDER BY version DESC LIMIT 1",
            params![self.w(), now_est.as_millis()],
            |row| Ok(row.get::<_, Json<OfflinePolicy>>(0)?.0),
        )?;
        Ok(policy.unwrap_or_else(OfflinePolicy::undecided))
    }

    /// The next policy that was told ahead of its day, if one was.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn next_offline_policy(
        &self,
        now_est: Instant,
    ) -> Result<Option<OfflinePolicy>, StoreError> {
        self.find(
            "SELECT policy FROM offline_policies WHERE warehouse_id = ?1 AND valid_from > ?2
             ORDER BY valid_from, version DESC LIMIT 1",
            params![self.w(), now_est.as_millis()],
            |row| Ok(row.get::<_, Json<OfflinePolicy>>(0)?.0),
        )
    }

    /// Whether the authority answers.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn in_contact(&self, now_est: Instant) -> Result<bool, StoreError> {
        let instant = |ms: i64| (ms > 0).then(|| Instant::from_millis(ms));
        let (answered_at, lost_since) = self.one(
            "SELECT last_contact_at, offline_since FROM sync_state WHERE warehouse_id = ?1",
            [self.w()],
            |row| Ok((instant(row.get(0)?), instant(row.get(1)?))),
        )?;
        Ok(offline::in_contact(answered_at, lost_since, now_est))
    }
}
