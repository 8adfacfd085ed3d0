-- When an order ended as cancelled: its payment is due back from then on.
ALTER TABLE orders ADD COLUMN cancelled_at INTEGER;

-- The currency a merchant is paid in; yuan when nothing is said.
CREATE TABLE settlement_terms (
    warehouse TEXT NOT NULL,
    owner     TEXT NOT NULL,
    currency  TEXT NOT NULL,                        -- customs' 3 digits
    PRIMARY KEY (warehouse, owner)
) STRICT;

-- Yuan for a hundred of a currency, from a day on.
CREATE TABLE exchange_rates (
    warehouse        TEXT    NOT NULL,
    currency         TEXT    NOT NULL,
    day              TEXT    NOT NULL,
    yuan_per_hundred INTEGER NOT NULL CHECK (yuan_per_hundred > 0),
    PRIMARY KEY (warehouse, currency, day)
) STRICT;

-- What institutions say they remitted, as they said it.
CREATE TABLE remittances (
    warehouse   TEXT    NOT NULL,
    payer       TEXT    NOT NULL,                   -- its payCode
    number      TEXT    NOT NULL,
    owner       TEXT    NOT NULL,
    first_day   TEXT    NOT NULL,
    last_day    TEXT    NOT NULL,
    body        TEXT    NOT NULL,                   -- JSON of remittances::Remittance
    raw         INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse, payer, number)
) STRICT;
CREATE INDEX remittances_of_owner ON remittances (warehouse, owner, first_day);
