CREATE TABLE owners (
    warehouse TEXT NOT NULL,
    owner     TEXT NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (warehouse, owner)
) STRICT;

CREATE TABLE items (
    warehouse TEXT NOT NULL,
    owner     TEXT NOT NULL,
    item      TEXT NOT NULL,
    body      TEXT NOT NULL,                        -- JSON, see goods::Item
    PRIMARY KEY (warehouse, owner, item)
) STRICT;

CREATE TABLE locations (
    warehouse TEXT NOT NULL,
    location  TEXT NOT NULL,
    kind      TEXT NOT NULL,
    PRIMARY KEY (warehouse, location)
) STRICT;

-- Physical balances. A row is never set, only moved; 1e-5 declared units.
CREATE TABLE stock (
    warehouse TEXT    NOT NULL,
    owner     TEXT    NOT NULL,
    item      TEXT    NOT NULL,
    ledger    TEXT    NOT NULL,
    item_no   TEXT    NOT NULL,
    goods     TEXT    NOT NULL,                     -- JSON of domain::stock::Goods, the identity
    expiry    TEXT    NOT NULL,                     -- of goods, '9999-12-31' when it has none: for FEFO
    in_date   TEXT    NOT NULL,                     -- of goods, '' when unknown: for FIFO
    location  TEXT    NOT NULL,
    plate     TEXT    NOT NULL,                     -- '' when on no licence plate
    bucket    TEXT    NOT NULL,
    qty       INTEGER NOT NULL CHECK (qty >= 0),
    PRIMARY KEY (warehouse, goods, location, plate, bucket)
) STRICT;
CREATE INDEX stock_to_reserve ON stock (warehouse, owner, item, ledger, item_no, bucket, expiry, in_date);

-- Customs' book. Only Abroad, which is the world, may be below nothing.
CREATE TABLE ledger (
    warehouse TEXT    NOT NULL,
    ledger    TEXT    NOT NULL,
    item_no   TEXT    NOT NULL,
    account   TEXT    NOT NULL,
    declared  INTEGER NOT NULL CHECK (account = 'abroad' OR declared >= 0),
    legal1    INTEGER NOT NULL CHECK (account = 'abroad' OR legal1 >= 0),
    legal2    INTEGER NOT NULL CHECK (account = 'abroad' OR legal2 >= 0),
    PRIMARY KEY (warehouse, ledger, item_no, account)
) STRICT;

-- Every movement of either book, at the feed position that announced it.
CREATE TABLE stock_moves (
    warehouse TEXT    NOT NULL,
    pos       INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    owner     TEXT    NOT NULL,
    item      TEXT    NOT NULL,
    goods     TEXT    NOT NULL,
    origin    TEXT    NOT NULL,                     -- JSON of domain::stock::Place
    target    TEXT    NOT NULL,
    qty       INTEGER NOT NULL CHECK (qty > 0),
    cause     TEXT    NOT NULL,
    PRIMARY KEY (warehouse, pos, n)
) STRICT;

CREATE TABLE ledger_moves (
    warehouse TEXT    NOT NULL,
    pos       INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    ledger    TEXT    NOT NULL,
    item_no   TEXT    NOT NULL,
    origin    TEXT    NOT NULL,
    target    TEXT    NOT NULL,
    declared  INTEGER NOT NULL CHECK (declared > 0),
    legal1    INTEGER NOT NULL,
    legal2    INTEGER NOT NULL,
    document  TEXT    NOT NULL,
    PRIMARY KEY (warehouse, pos, n)
) STRICT;
CREATE INDEX ledger_moves_of_item ON ledger_moves (warehouse, ledger, item_no, pos);
