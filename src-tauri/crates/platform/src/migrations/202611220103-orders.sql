CREATE TABLE orders (
    warehouse        TEXT    NOT NULL,
    platform         TEXT    NOT NULL,
    order_no         TEXT    NOT NULL,
    owner            TEXT    NOT NULL,
    shop             TEXT    NOT NULL,              -- the partner that sent it
    life             TEXT    NOT NULL,              -- JSON of domain::orders::Order
    state            TEXT    NOT NULL,              -- its state's name, for queries
    document         BLOB    NOT NULL,              -- sealed JSON of domain::customs::Order
    content_hash     BLOB    NOT NULL,              -- of the document without its filing head
    buyer_hash       BLOB    NOT NULL,              -- keyed hash of the buyer's identity number
    pieces           INTEGER NOT NULL,
    dutiable         INTEGER NOT NULL,              -- goods and freight, for the year's limit of its buyer
    raw              INTEGER NOT NULL,
    received_at      INTEGER NOT NULL,
    carrier          TEXT,
    waybill_no       TEXT,
    cop_no           TEXT,                          -- the declaration in force
    declaration_no   TEXT,
    findings         TEXT    NOT NULL,              -- JSON list of messages: what it waits for
    differences      TEXT    NOT NULL,              -- JSON list of domain::comparison::Finding
    tried_pos        INTEGER NOT NULL,              -- conditions under which it was last tried
    corrections_due  INTEGER NOT NULL,              -- 1 after a refusal: not declared again by itself
    parcel           TEXT,                          -- JSON of the lines in the released parcel
    released_at      INTEGER,
    left_at          INTEGER,
    PRIMARY KEY (warehouse, platform, order_no)
) STRICT;
CREATE INDEX orders_by_state ON orders (warehouse, state, received_at);
CREATE INDEX orders_by_owner ON orders (warehouse, owner, received_at);
CREATE UNIQUE INDEX orders_by_waybill ON orders (warehouse, carrier, waybill_no) WHERE waybill_no IS NOT NULL;
CREATE INDEX orders_by_declaration ON orders (warehouse, declaration_no) WHERE declaration_no IS NOT NULL;
CREATE INDEX orders_by_buyer ON orders (warehouse, buyer_hash);

CREATE TABLE payments (
    warehouse      TEXT    NOT NULL,
    pay_code       TEXT    NOT NULL,
    transaction_id TEXT    NOT NULL,
    platform       TEXT    NOT NULL,
    order_no       TEXT    NOT NULL,
    document       BLOB    NOT NULL,                -- sealed JSON of domain::customs::Payment
    content_hash   BLOB    NOT NULL,
    raw            INTEGER NOT NULL,
    received_at    INTEGER NOT NULL,
    PRIMARY KEY (warehouse, pay_code, transaction_id)
) STRICT;
CREATE INDEX payments_of_order ON payments (warehouse, platform, order_no);

-- A carrier's numbers, each used once.
CREATE TABLE waybill_numbers (
    warehouse  TEXT    NOT NULL,
    carrier    TEXT    NOT NULL,
    waybill_no TEXT    NOT NULL,
    used       INTEGER NOT NULL,
    PRIMARY KEY (warehouse, carrier, waybill_no)
) STRICT;
CREATE INDEX waybill_numbers_free ON waybill_numbers (warehouse, carrier, used, waybill_no);

-- Sort codes by the beginning of the consignee's district; '' is everywhere else.
CREATE TABLE routes (
    warehouse TEXT NOT NULL,
    carrier   TEXT NOT NULL,
    district  TEXT NOT NULL,
    sort_code TEXT NOT NULL,
    hub       TEXT NOT NULL,
    lane      TEXT NOT NULL,
    PRIMARY KEY (warehouse, carrier, district)
) STRICT;

CREATE TABLE waybills (
    warehouse  TEXT    NOT NULL,
    carrier    TEXT    NOT NULL,
    waybill_no TEXT    NOT NULL,
    n          INTEGER NOT NULL,                    -- place in the carrier's list
    platform   TEXT    NOT NULL,
    order_no   TEXT    NOT NULL,
    route      TEXT    NOT NULL,                    -- JSON: sort code, hub, lane as printed
    document   BLOB    NOT NULL,                    -- sealed JSON of domain::customs::Waybill
    raw        INTEGER NOT NULL,
    made_at    INTEGER NOT NULL,
    status     TEXT,                                -- CEB513, when it came
    PRIMARY KEY (warehouse, carrier, waybill_no)
) STRICT;
CREATE UNIQUE INDEX waybills_in_order ON waybills (warehouse, carrier, n);
