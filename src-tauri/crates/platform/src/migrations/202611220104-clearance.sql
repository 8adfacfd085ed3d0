-- One declaration list handed to customs; a corrected one is a new row.
CREATE TABLE declarations (
    warehouse      TEXT    NOT NULL,
    cop_no         TEXT    NOT NULL,
    platform       TEXT    NOT NULL,
    order_no       TEXT    NOT NULL,
    document       BLOB    NOT NULL,                -- sealed JSON of domain::customs::DeclarationList
    claims         TEXT    NOT NULL,                -- JSON list of ledger items and units in pre-out
    claimed        INTEGER NOT NULL,                -- 1 while they stand in pre-out
    pre_no         TEXT,
    declaration_no TEXT,
    cancel_sent    INTEGER NOT NULL,                -- 1 once a CEB623 went out
    declared_at    INTEGER NOT NULL,
    PRIMARY KEY (warehouse, cop_no)
) STRICT;
CREATE INDEX declarations_of_order ON declarations (warehouse, platform, order_no);
CREATE INDEX declarations_by_number ON declarations (warehouse, declaration_no) WHERE declaration_no IS NOT NULL;
CREATE INDEX declarations_by_pre_no ON declarations (warehouse, pre_no) WHERE pre_no IS NOT NULL;

-- Append-only: what customs said about a list, in order of arrival.
CREATE TABLE receipts (
    warehouse      TEXT    NOT NULL,
    cop_no         TEXT    NOT NULL,
    position       INTEGER NOT NULL,
    answers        TEXT    NOT NULL,
    status         TEXT    NOT NULL,
    returned_at    INTEGER,
    declaration_no TEXT,
    info           TEXT    NOT NULL,
    raw            INTEGER NOT NULL,
    raw_hash       BLOB    NOT NULL,
    arrived_at     INTEGER NOT NULL,
    PRIMARY KEY (warehouse, cop_no, position)
) STRICT;

-- What customs said about orders, payments and waybills.
CREATE TABLE document_receipts (
    warehouse   TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    raw         INTEGER NOT NULL,
    status      TEXT    NOT NULL,
    returned_at INTEGER,
    info        TEXT    NOT NULL,
    arrived_at  INTEGER NOT NULL,
    PRIMARY KEY (warehouse, kind, key, raw)
) STRICT;
