-- What statistics ask of an order's lines. Sums over an order are the order's own, exactly.
CREATE TABLE order_lines (
    warehouse   TEXT    NOT NULL,
    platform    TEXT    NOT NULL,
    order_no    TEXT    NOT NULL,
    line        INTEGER NOT NULL,                   -- its place in the order; the same gnum may come twice
    gnum        INTEGER NOT NULL,
    owner       TEXT    NOT NULL,
    item        TEXT    NOT NULL,
    chapter     TEXT    NOT NULL,                   -- HS chapter; '' until the item is listed
    pieces      INTEGER NOT NULL,
    goods_value INTEGER NOT NULL,                   -- its share of the order's
    tax         INTEGER NOT NULL,                   -- its share of what the shop withheld
    PRIMARY KEY (warehouse, platform, order_no, line)
) STRICT;
CREATE INDEX order_lines_unlisted ON order_lines (warehouse, owner, item) WHERE chapter = '';

-- Orders of before are one line each, of the chapter that was noted; orders.chapter is written no more.
INSERT INTO order_lines (warehouse, platform, order_no, line, gnum, owner, item, chapter, pieces, goods_value, tax)
SELECT warehouse, platform, order_no, 0, 0, owner, '', chapter, pieces, goods_value, tax_total FROM orders;
