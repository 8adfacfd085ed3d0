-- The dictionary of goods: seven columns once, a number everywhere else. '' where a part is absent.
CREATE TABLE goods (
    goods_id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    warehouse_id  TEXT    NOT NULL,
    owner_id      TEXT    NOT NULL,
    item_id       TEXT    NOT NULL,
    ledger        TEXT    NOT NULL,
    item_no       TEXT    NOT NULL,
    document_line TEXT    NOT NULL,
    in_date       TEXT    NOT NULL,
    origin        TEXT    NOT NULL,
    lot           TEXT    NOT NULL,
    expiry        TEXT    NOT NULL,
    UNIQUE (warehouse_id, owner_id, item_id, ledger, item_no, document_line, in_date, origin, lot, expiry)
) STRICT;
CREATE INDEX goods_by_ledger_item ON goods (warehouse_id, ledger, item_no);

-- Balances, the sum of all movements. Projection. Rows of nothing are not kept.
CREATE TABLE stock (
    warehouse_id TEXT    NOT NULL,
    goods_id     INTEGER NOT NULL REFERENCES goods (goods_id),
    location_id  TEXT    NOT NULL,
    plate        TEXT    NOT NULL, -- '' without licence plate
    bucket       TEXT    NOT NULL CHECK (bucket IN ('available', 'reserved', 'in_doubt', 'staging', 'blocked')),
    qty          INTEGER NOT NULL CHECK (qty >= 0),
    PRIMARY KEY (warehouse_id, goods_id, location_id, plate, bucket)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_by_location ON stock (warehouse_id, location_id);

-- What this workstation counted into RECEIVING and has not yet put away: a list of work, not a
-- balance. It may fall below nothing where the authority booked other goods than we put away. Projection.
CREATE TABLE receiving (
    warehouse_id TEXT    NOT NULL,
    goods_id     INTEGER NOT NULL REFERENCES goods (goods_id),
    plate        TEXT    NOT NULL,
    bucket       TEXT    NOT NULL,
    qty          INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, goods_id, plate, bucket)
) STRICT, WITHOUT ROWID;

-- Every movement of the last 13 months, named by the entry it came from, or while the authority has
-- not judged it yet by our own event. Projection.
CREATE TABLE stock_movements (
    warehouse_id  TEXT    NOT NULL,
    source        TEXT    NOT NULL CHECK (source IN ('journal', 'feed')),
    position      INTEGER NOT NULL, -- seq or pos
    line          INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    goods_id      INTEGER NOT NULL REFERENCES goods (goods_id),
    from_place    TEXT    NOT NULL,
    from_location TEXT    NOT NULL,
    from_plate    TEXT    NOT NULL,
    from_bucket   TEXT    NOT NULL,
    to_place      TEXT    NOT NULL,
    to_location   TEXT    NOT NULL,
    to_plate      TEXT    NOT NULL,
    to_bucket     TEXT    NOT NULL,
    qty           INTEGER NOT NULL CHECK (qty > 0),
    PRIMARY KEY (warehouse_id, source, position, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_movements_by_time ON stock_movements (warehouse_id, at);
CREATE INDEX stock_movements_by_goods ON stock_movements (warehouse_id, goods_id, at);

-- What movements older than 13 months add up to, so that balances stay the sum of movements.
CREATE TABLE stock_brought_forward (
    warehouse_id TEXT    NOT NULL,
    goods_id     INTEGER NOT NULL REFERENCES goods (goods_id),
    location_id  TEXT    NOT NULL,
    plate        TEXT    NOT NULL,
    bucket       TEXT    NOT NULL,
    qty          INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, goods_id, location_id, plate, bucket)
) STRICT, WITHOUT ROWID;

-- Turnover by civil day, kept for ever. Projection.
CREATE TABLE stock_daily (
    warehouse_id TEXT    NOT NULL,
    day          TEXT    NOT NULL,
    goods_id     INTEGER NOT NULL REFERENCES goods (goods_id),
    from_place   TEXT    NOT NULL,
    from_bucket  TEXT    NOT NULL,
    to_place     TEXT    NOT NULL,
    to_bucket    TEXT    NOT NULL,
    qty          INTEGER NOT NULL CHECK (qty > 0),
    movements    INTEGER NOT NULL CHECK (movements > 0),
    PRIMARY KEY (warehouse_id, day, goods_id, from_place, from_bucket, to_place, to_bucket)
) STRICT, WITHOUT ROWID;
