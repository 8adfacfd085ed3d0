-- Two equal scans within this many milliseconds are one: a trigger held too long, not a second piece.
ALTER TABLE station ADD COLUMN repeat_window_ms INTEGER NOT NULL DEFAULT 350
    CHECK (repeat_window_ms BETWEEN 0 AND 5000);
