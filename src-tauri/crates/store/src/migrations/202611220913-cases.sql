-- The supervisor's inbox: raised here, opened and decided at the authority. Projection of both.
CREATE TABLE cases (
    warehouse_id TEXT    NOT NULL,
    case_id      TEXT    NOT NULL,
    code         TEXT    NOT NULL,
    about        TEXT    NOT NULL,
    room         TEXT    NOT NULL, -- '' when opened by the authority
    open         INTEGER NOT NULL CHECK (open IN (0, 1)),
    changed_at   INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, case_id)
) STRICT;
CREATE INDEX cases_by_state ON cases (warehouse_id, open, changed_at);
