-- What statistics ask of an order, beside its sealed document.
ALTER TABLE orders ADD COLUMN goods_value INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN tax_total INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN district TEXT NOT NULL DEFAULT '';    -- of the consignee, 6 digits
ALTER TABLE orders ADD COLUMN chapter TEXT NOT NULL DEFAULT '';     -- HS chapter of its dearest line
ALTER TABLE orders ADD COLUMN declared_at INTEGER;
ALTER TABLE orders ADD COLUMN cleared_at INTEGER;
CREATE INDEX orders_by_time ON orders (warehouse, received_at);
CREATE INDEX orders_by_number ON orders (warehouse, order_no);
CREATE INDEX orders_by_cop_no ON orders (warehouse, cop_no) WHERE cop_no IS NOT NULL;
CREATE INDEX orders_by_waybill_no ON orders (warehouse, waybill_no) WHERE waybill_no IS NOT NULL;
