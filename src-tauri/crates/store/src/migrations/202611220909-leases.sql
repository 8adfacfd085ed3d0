-- The signed bytes themselves. Local: they came beside the feed and cannot be rebuilt from it.
-- The other columns repeat what the bytes say, for searching; rights are read from the bytes. Only
-- `ended` is a projection: the journal's last word on the grant.
CREATE TABLE leases (
    warehouse_id TEXT    NOT NULL,
    grant_id     TEXT    NOT NULL,
    fence        INTEGER NOT NULL,
    platform     TEXT    NOT NULL, -- '' when the right is not to an order
    order_no     TEXT    NOT NULL,
    work_until   INTEGER NOT NULL,
    ended        INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1)), -- released or dropped by our journal
    bytes        TEXT    NOT NULL,
    key_id       TEXT    NOT NULL,
    signature    TEXT    NOT NULL,
    PRIMARY KEY (warehouse_id, grant_id)
) STRICT;
CREATE INDEX leases_held ON leases (warehouse_id, work_until) WHERE ended = 0;
CREATE INDEX leases_by_order ON leases (warehouse_id, platform, order_no, fence);

-- Whom a parcel goes to. The only place with a buyer's data; each field sealed on its own. Local.
CREATE TABLE consignees (
    warehouse_id TEXT    NOT NULL,
    platform     TEXT    NOT NULL,
    order_no     TEXT    NOT NULL,
    received_at  INTEGER NOT NULL,
    name         BLOB    NOT NULL,
    phone        BLOB    NOT NULL,
    address      BLOB    NOT NULL,
    salt         BLOB    NOT NULL, -- of the commitment; sealed, since it would help guessing
    PRIMARY KEY (warehouse_id, platform, order_no)
) STRICT;
