-- Projections of the feed: who owns goods, what they are called, where they may lie.
CREATE TABLE merchants (
    warehouse_id TEXT NOT NULL,
    owner_id     TEXT NOT NULL,
    name         TEXT NOT NULL,
    PRIMARY KEY (warehouse_id, owner_id)
) STRICT;

CREATE TABLE items (
    warehouse_id TEXT    NOT NULL,
    owner_id     TEXT    NOT NULL,
    item_id      TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    hs_code      TEXT    NOT NULL,
    ledger       TEXT    NOT NULL,
    item_no      TEXT    NOT NULL,
    origin       TEXT    NOT NULL,
    unit         TEXT    NOT NULL,
    per_declared INTEGER NOT NULL, -- what one declared unit is, in 1e-5 units
    per_legal1   INTEGER NOT NULL,
    per_legal2   INTEGER NOT NULL,
    gross_weight INTEGER NOT NULL, -- 1e-5 kg
    tracks_lot   INTEGER NOT NULL CHECK (tracks_lot IN (0, 1)),
    PRIMARY KEY (warehouse_id, owner_id, item_id)
) STRICT;

-- One barcode may belong to several owners' items: the room asks whose.
CREATE TABLE item_barcodes (
    warehouse_id TEXT    NOT NULL,
    code         TEXT    NOT NULL,
    owner_id     TEXT    NOT NULL,
    item_id      TEXT    NOT NULL,
    holds        INTEGER NOT NULL, -- declared units one scan stands for
    PRIMARY KEY (warehouse_id, code, owner_id, item_id),
    FOREIGN KEY (warehouse_id, owner_id, item_id) REFERENCES items (warehouse_id, owner_id, item_id)
) STRICT;
CREATE INDEX item_barcodes_by_item ON item_barcodes (warehouse_id, owner_id, item_id, code);

CREATE TABLE locations (
    warehouse_id TEXT NOT NULL,
    location_id  TEXT NOT NULL,
    kind         TEXT NOT NULL,
    PRIMARY KEY (warehouse_id, location_id)
) STRICT;
