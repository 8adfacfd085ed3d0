-- Trades that an institution closed: what was paid under them stands no more, also when it comes later.
CREATE TABLE closed_trades (
    warehouse      TEXT    NOT NULL,
    pay_code       TEXT    NOT NULL,
    transaction_id TEXT    NOT NULL,
    raw            INTEGER NOT NULL,
    closed_at      INTEGER NOT NULL,
    PRIMARY KEY (warehouse, pay_code, transaction_id)
) STRICT;

-- What institutions gave back of a payment, in parts.
CREATE TABLE payment_refunds (
    warehouse      TEXT    NOT NULL,
    pay_code       TEXT    NOT NULL,
    transaction_id TEXT    NOT NULL,
    refund_no      TEXT    NOT NULL,                -- the institution's own
    amount         INTEGER NOT NULL CHECK (amount > 0),
    raw            INTEGER NOT NULL,
    received_at    INTEGER NOT NULL,
    PRIMARY KEY (warehouse, pay_code, transaction_id, refund_no)
) STRICT;
CREATE INDEX payment_refunds_by_time ON payment_refunds (warehouse, received_at);
CREATE INDEX payments_by_time ON payments (warehouse, received_at);
