-- Applications for inspection and quarantine, one for each inbound notice, numbered without gaps.
CREATE TABLE inspections (
    warehouse   TEXT    NOT NULL,
    application TEXT    NOT NULL,
    n           INTEGER NOT NULL,
    notice      TEXT    NOT NULL,
    body        TEXT    NOT NULL,                   -- JSON of inspection::Application
    state       TEXT    NOT NULL,                   -- applied, sampling, passed, failed, released, destroying
    PRIMARY KEY (warehouse, application)
) STRICT;
CREATE UNIQUE INDEX inspections_in_order ON inspections (warehouse, n);

-- What the authority ordered, each document once.
CREATE TABLE inspection_orders (
    warehouse TEXT    NOT NULL,
    number    TEXT    NOT NULL,                     -- the authority's own
    content   BLOB    NOT NULL,                     -- hash of what it said
    raw       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (warehouse, number)
) STRICT;

-- Goods that nobody may use until a document of the authority says so.
CREATE TABLE goods_holds (
    warehouse TEXT    NOT NULL,
    hold      TEXT    NOT NULL,                     -- the document that set it, and its line
    number    TEXT    NOT NULL,                     -- the document
    subject   TEXT    NOT NULL,                     -- the application, or '' for goods named directly
    owner     TEXT    NOT NULL,
    item      TEXT    NOT NULL,
    lot       TEXT    NOT NULL,                     -- '' is every lot
    open      INTEGER NOT NULL,
    set_at    INTEGER NOT NULL,
    PRIMARY KEY (warehouse, hold)
) STRICT;
CREATE INDEX goods_holds_of_item ON goods_holds (warehouse, owner, item, open);

-- How much of which goods lies blocked for a hold.
CREATE TABLE held_goods (
    warehouse TEXT    NOT NULL,
    hold      TEXT    NOT NULL,
    goods     TEXT    NOT NULL,                     -- JSON of domain::stock::Goods
    qty       INTEGER NOT NULL CHECK (qty >= 0),
    PRIMARY KEY (warehouse, hold, goods)
) STRICT;
