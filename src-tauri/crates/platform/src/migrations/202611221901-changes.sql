-- What each shop is told about its orders, numbered without gaps; call-backs push the same list.
CREATE TABLE changes (
    warehouse TEXT    NOT NULL,
    partner   TEXT    NOT NULL,
    n         INTEGER NOT NULL,
    body      TEXT    NOT NULL,
    PRIMARY KEY (warehouse, partner, n)
) STRICT;

CREATE TABLE callbacks (
    partner     TEXT    NOT NULL PRIMARY KEY,
    warehouse   TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    told        INTEGER NOT NULL,                   -- the last change it has answered
    tries       INTEGER NOT NULL,                   -- since it last answered
    next_try_at INTEGER NOT NULL,
    stopped     INTEGER NOT NULL                    -- 1: given up on until the operator resumes it
) STRICT;
