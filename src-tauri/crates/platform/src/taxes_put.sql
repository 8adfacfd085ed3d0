INSERT INTO tax_bills (
    warehouse, tax_no, declaration_no, customs_tax, value_added_tax, consumption_tax, status, returned_at, raw
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
)
ON CONFLICT (warehouse, tax_no) DO UPDATE SET
    customs_tax = excluded.customs_tax, value_added_tax = excluded.value_added_tax,
    consumption_tax = excluded.consumption_tax, status = excluded.status, returned_at = excluded.returned_at, raw = excluded.raw
WHERE coalesce(excluded.returned_at, 0) >= coalesce(tax_bills.returned_at, 0)
