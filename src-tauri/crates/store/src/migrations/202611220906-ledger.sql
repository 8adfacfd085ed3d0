-- Customs' book as the authority keeps it: balances by item and account. Projection.
-- Only 'abroad' may stand below nothing: it is the world the goods come from.
CREATE TABLE ledger (
    warehouse_id TEXT    NOT NULL,
    ledger       TEXT    NOT NULL,
    item_no      TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    declared     INTEGER NOT NULL CHECK (account = 'abroad' OR declared >= 0),
    legal1       INTEGER NOT NULL CHECK (account = 'abroad' OR legal1 >= 0),
    legal2       INTEGER NOT NULL CHECK (account = 'abroad' OR legal2 >= 0),
    PRIMARY KEY (warehouse_id, ledger, item_no, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_movements (
    warehouse_id TEXT    NOT NULL,
    source       TEXT    NOT NULL CHECK (source IN ('journal', 'feed')),
    position     INTEGER NOT NULL,
    line         INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    ledger       TEXT    NOT NULL,
    item_no      TEXT    NOT NULL,
    from_account TEXT    NOT NULL,
    to_account   TEXT    NOT NULL,
    declared     INTEGER NOT NULL CHECK (declared > 0),
    legal1       INTEGER NOT NULL CHECK (legal1 >= 0),
    legal2       INTEGER NOT NULL CHECK (legal2 >= 0),
    document     TEXT    NOT NULL,
    PRIMARY KEY (warehouse_id, source, position, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_movements_by_item ON ledger_movements (warehouse_id, ledger, item_no, at);
CREATE INDEX ledger_movements_by_document ON ledger_movements (warehouse_id, document);

-- What movements older than 13 months add up to.
CREATE TABLE ledger_brought_forward (
    warehouse_id TEXT    NOT NULL,
    ledger       TEXT    NOT NULL,
    item_no      TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    declared     INTEGER NOT NULL,
    legal1       INTEGER NOT NULL,
    legal2       INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, ledger, item_no, account)
) STRICT, WITHOUT ROWID;
