-- How carriers' waybills look when they are scanned, as the feed tells it.
CREATE TABLE carriers (
    warehouse_id TEXT NOT NULL,
    carrier      TEXT NOT NULL,
    name         TEXT NOT NULL,
    formats      TEXT NOT NULL, -- JSON list of domain::scanner::waybill::WaybillFormat
    PRIMARY KEY (warehouse_id, carrier)
) STRICT;

-- Pieces known by their serial number: from our own scans, and from the feed those of other benches.
CREATE TABLE serials (
    warehouse_id TEXT NOT NULL,
    gtin         TEXT NOT NULL,
    serial       TEXT NOT NULL,
    notice       TEXT NOT NULL, -- counted in with; '' when it came in unread
    platform     TEXT NOT NULL, -- the order it was packed for; '' while in none
    order_no     TEXT NOT NULL,
    grant_id     TEXT NOT NULL, -- under which we packed it; '' when another bench did
    PRIMARY KEY (warehouse_id, gtin, serial)
) STRICT;
