-- How far each merchant's tax is guaranteed. Without an amount nobody reckons with it, but what is drawn is known.
CREATE TABLE guarantees (
    warehouse TEXT    NOT NULL,
    owner     TEXT    NOT NULL,
    amount    INTEGER,
    drawn     INTEGER NOT NULL,                     -- the sum of its lists' open draws
    PRIMARY KEY (warehouse, owner)
) STRICT;

-- What each list with customs draws on its merchant's guarantee and its buyer's year: domain tax::account::Draw.
CREATE TABLE list_draws (
    warehouse   TEXT    NOT NULL,
    cop_no      TEXT    NOT NULL,
    platform    TEXT    NOT NULL,
    order_no    TEXT    NOT NULL,
    owner       TEXT    NOT NULL,
    declared_at INTEGER NOT NULL,                   -- decides the year
    value       INTEGER NOT NULL,
    tax         INTEGER NOT NULL,
    stage       TEXT    NOT NULL,                   -- open, paid, undone
    PRIMARY KEY (warehouse, cop_no)
) STRICT;
CREATE INDEX list_draws_of_order ON list_draws (warehouse, platform, order_no);

INSERT INTO list_draws (warehouse, cop_no, platform, order_no, owner, declared_at, value, tax, stage)
SELECT d.warehouse, d.cop_no, d.platform, d.order_no, o.owner, d.declared_at,
       o.dutiable - coalesce((SELECT sum(r.dutiable) FROM returns AS r
                              WHERE r.warehouse = d.warehouse AND r.cop_no = d.cop_no AND r.state = 'completed'), 0),
       o.tax_total,
       CASE WHEN coalesce(o.cop_no, '') <> d.cop_no OR o.state IN ('received', 'compared', 'cancelled', 'returned')
            THEN 'undone' ELSE 'open' END
FROM declarations AS d
JOIN orders AS o ON o.warehouse = d.warehouse AND o.platform = d.platform AND o.order_no = d.order_no;

INSERT INTO guarantees (warehouse, owner, amount, drawn)
SELECT warehouse, owner, NULL, sum(CASE WHEN stage = 'open' THEN tax ELSE 0 END)
FROM list_draws GROUP BY warehouse, owner;

-- Our own reckoning of a list's tax when it was declared, where the rates of its goods were known.
ALTER TABLE declarations ADD COLUMN assessment TEXT;   -- JSON of domain tax::Assessment

-- The firm's summary bill that a bill stands in, and when that was paid.
ALTER TABLE tax_bills ADD COLUMN duty_no TEXT NOT NULL DEFAULT '';
ALTER TABLE tax_bills ADD COLUMN paid_at INTEGER;
CREATE INDEX tax_bills_of_duty ON tax_bills (warehouse, duty_no);

-- Everything customs said of a bill, whichever came first: its status is the latest of these.
CREATE TABLE tax_bill_words (
    warehouse TEXT    NOT NULL,
    tax_no    TEXT    NOT NULL,
    said_at   INTEGER NOT NULL,                     -- customs' time; 0 when it gave none
    status    TEXT    NOT NULL,
    duty_no   TEXT    NOT NULL,
    PRIMARY KEY (warehouse, tax_no, said_at, status)
) STRICT;
INSERT INTO tax_bill_words (warehouse, tax_no, said_at, status, duty_no)
SELECT warehouse, tax_no, coalesce(returned_at, 0), status, '' FROM tax_bills;
