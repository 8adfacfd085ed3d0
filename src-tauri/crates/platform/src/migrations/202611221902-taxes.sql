-- Customs' own tax bills (CEB816) with their later status (CEB818): the binding amounts.
CREATE TABLE tax_bills (
    warehouse       TEXT    NOT NULL,
    tax_no          TEXT    NOT NULL,
    declaration_no  TEXT    NOT NULL,
    customs_tax     INTEGER NOT NULL,
    value_added_tax INTEGER NOT NULL,
    consumption_tax INTEGER NOT NULL,
    status          TEXT    NOT NULL,               -- 1 generated, 2 summarised, 3 void
    returned_at     INTEGER,
    raw             INTEGER NOT NULL,
    PRIMARY KEY (warehouse, tax_no)
) STRICT;
CREATE INDEX tax_bills_of_list ON tax_bills (warehouse, declaration_no);
