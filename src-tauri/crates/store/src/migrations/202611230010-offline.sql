-- What this workstation may do without contact, by the day from which it holds. Projection of the feed.
CREATE TABLE offline_policies (
    warehouse_id TEXT    NOT NULL,
    version      INTEGER NOT NULL CHECK (version > 0),
    valid_from   INTEGER NOT NULL,
    policy       TEXT    NOT NULL, -- JSON, as domain::offline writes it
    PRIMARY KEY (warehouse_id, version)
) STRICT;

-- Copied from the signed bytes, for counting only: what a lease allows is always read from the bytes.
ALTER TABLE leases ADD COLUMN needs_contact INTEGER NOT NULL DEFAULT 0 CHECK (needs_contact IN (0, 1));
-- The authority's newest word on a lease counts, also where it is a shorter one.
ALTER TABLE leases ADD COLUMN issued_pos INTEGER NOT NULL DEFAULT 0;
