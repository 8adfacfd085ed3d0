-- Lists that somebody worked out for an order of theirs: declared instead of the one we would build.
CREATE TABLE prepared_lists (
    warehouse   TEXT    NOT NULL,
    platform    TEXT    NOT NULL,
    order_no    TEXT    NOT NULL,
    document    BLOB    NOT NULL,                   -- sealed JSON of domain::customs::DeclarationList
    raw         INTEGER NOT NULL,                   -- the workbook
    prepared_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse, platform, order_no)
) STRICT;
