-- Bonded notes of both directions, by our own number.
CREATE TABLE bonded_notes (
    warehouse TEXT    NOT NULL,
    own_no    TEXT    NOT NULL,
    direction TEXT    NOT NULL CHECK (direction IN ('I', 'E')),
    notice    TEXT,                                 -- inbound: what it announces
    vehicle   TEXT    NOT NULL,
    claims    TEXT    NOT NULL,                     -- JSON list of ledger items and units
    seq_no    TEXT,
    note_no   TEXT,                                 -- customs' number
    state     TEXT    NOT NULL,                     -- sent, debited, refused
    made_at   INTEGER NOT NULL,
    PRIMARY KEY (warehouse, own_no)
) STRICT;
CREATE INDEX bonded_notes_by_number ON bonded_notes (warehouse, note_no) WHERE note_no IS NOT NULL;
CREATE INDEX bonded_notes_by_seq ON bonded_notes (warehouse, seq_no) WHERE seq_no IS NOT NULL;

CREATE TABLE bundled (
    warehouse TEXT    NOT NULL,
    own_no    TEXT    NOT NULL,
    platform  TEXT    NOT NULL,
    order_no  TEXT    NOT NULL,
    PRIMARY KEY (warehouse, own_no, platform, order_no)
) STRICT;

CREATE TABLE gate_passes (
    warehouse TEXT    NOT NULL,
    own_no    TEXT    NOT NULL,
    note      TEXT    NOT NULL,                     -- own number of the bonded note carried
    direction TEXT    NOT NULL CHECK (direction IN ('I', 'E')),
    vehicle   TEXT    NOT NULL,
    seq_no    TEXT,
    pass_no   TEXT,                                 -- customs' number
    state     TEXT    NOT NULL,                     -- sent, approved, departed, passed, refused
    made_at   INTEGER NOT NULL,
    PRIMARY KEY (warehouse, own_no)
) STRICT;
CREATE INDEX gate_passes_by_number ON gate_passes (warehouse, pass_no) WHERE pass_no IS NOT NULL;
CREATE INDEX gate_passes_of_note ON gate_passes (warehouse, note);
