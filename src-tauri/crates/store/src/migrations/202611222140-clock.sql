-- What the wall clock showed when high_water was raised: after a reboot only how far it has gone since is
-- believed, so that a clock set back does not stretch a lease. 0: not noted yet.
ALTER TABLE clock ADD COLUMN wall INTEGER NOT NULL DEFAULT 0;
