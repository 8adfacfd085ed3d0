-- How each ledger books what comes in; cumulative where nothing is said.
CREATE TABLE ledgers (
    warehouse TEXT NOT NULL,
    ledger    TEXT NOT NULL,
    booking   TEXT NOT NULL,                        -- cumulative, non_cumulative
    PRIMARY KEY (warehouse, ledger)
) STRICT;

-- Lines that customs numbers, and what it says of them. A line without a row is called by its customs number.
CREATE TABLE ledger_lines (
    warehouse TEXT    NOT NULL,
    ledger    TEXT    NOT NULL,
    item_no   TEXT    NOT NULL,                     -- ours: what stock and book carry
    owner     TEXT    NOT NULL,
    item      TEXT    NOT NULL,
    note      TEXT    NOT NULL,                     -- own number of the note that opened it, '' when none did
    note_line INTEGER NOT NULL,
    in_date   TEXT,                                 -- when its goods passed the gate
    number    TEXT,                                 -- customs' (备案序号), once INV211 told it
    terms     TEXT    NOT NULL,                     -- JSON of domain ledger::lines::Terms
    told      TEXT    NOT NULL,                     -- JSON of domain ledger::reconciliation::Told
    told_pos  INTEGER NOT NULL,                     -- where the feed stood when it was told
    told_at   INTEGER,
    differs   TEXT    NOT NULL,                     -- JSON list of messages: goods customs describes otherwise
    PRIMARY KEY (warehouse, ledger, item_no)
) STRICT;
CREATE UNIQUE INDEX ledger_lines_by_number ON ledger_lines (warehouse, ledger, number) WHERE number IS NOT NULL;
CREATE INDEX ledger_lines_of_item ON ledger_lines (warehouse, ledger, owner, item);
CREATE INDEX ledger_lines_of_note ON ledger_lines (warehouse, note, note_line);

-- Lines that customs told of and we never opened: shown in every reconciliation until one explains them.
CREATE TABLE foreign_lines (
    warehouse TEXT    NOT NULL,
    ledger    TEXT    NOT NULL,
    number    TEXT    NOT NULL,
    raw       INTEGER NOT NULL,
    told_at   INTEGER NOT NULL,
    PRIMARY KEY (warehouse, ledger, number)
) STRICT;

CREATE INDEX bonded_notes_of_notice ON bonded_notes (warehouse, notice) WHERE notice IS NOT NULL;

-- When a movement was made: what a period asks. 0 is before this was written down.
ALTER TABLE ledger_moves ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stock_moves ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX stock_moves_by_time ON stock_moves (warehouse, at);
