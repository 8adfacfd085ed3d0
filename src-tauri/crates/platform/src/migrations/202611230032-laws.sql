-- Law that the operator entered beside what comes with the product: what holds from a day on.
CREATE TABLE laws (
    warehouse  TEXT    NOT NULL,
    since      TEXT    NOT NULL,
    body       TEXT    NOT NULL,                    -- JSON of domain tax::RetailLaw
    entered_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse, since)
) STRICT;
