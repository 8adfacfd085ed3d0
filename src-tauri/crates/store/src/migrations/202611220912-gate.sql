-- Gate passes and what they may carry. Projections of the feed.
CREATE TABLE passes (
    warehouse_id TEXT NOT NULL,
    pass         TEXT NOT NULL,
    bonded_note  TEXT NOT NULL,
    vehicle      TEXT NOT NULL,
    state        TEXT NOT NULL,
    PRIMARY KEY (warehouse_id, pass)
) STRICT;

CREATE INDEX passes_by_state ON passes (warehouse_id, state, pass);

CREATE TABLE pass_parcels (
    warehouse_id TEXT    NOT NULL,
    pass         TEXT    NOT NULL,
    platform     TEXT    NOT NULL,
    order_no     TEXT    NOT NULL,
    carrier      TEXT    NOT NULL,
    waybill_no   TEXT    NOT NULL,
    loaded       INTEGER NOT NULL CHECK (loaded IN (0, 1)),
    PRIMARY KEY (warehouse_id, pass, platform, order_no),
    FOREIGN KEY (warehouse_id, pass) REFERENCES passes (warehouse_id, pass)
) STRICT;
CREATE INDEX pass_parcels_by_waybill ON pass_parcels (warehouse_id, waybill_no);

-- What this workstation scanned onto a vehicle. Projection of the journal.
CREATE TABLE loadings (
    warehouse_id TEXT    NOT NULL,
    pass         TEXT    NOT NULL,
    platform     TEXT    NOT NULL,
    order_no     TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, pass, platform, order_no)
) STRICT;
