SELECT pass.pass_no, pass.vehicle, parcel.waybill_no
FROM gate_passes AS pass
JOIN bundled ON bundled.warehouse = pass.warehouse AND bundled.own_no = pass.note
JOIN orders AS parcel
    ON parcel.warehouse = bundled.warehouse AND parcel.platform = bundled.platform AND parcel.order_no = bundled.order_no
WHERE pass.warehouse = ?1 AND pass.direction = 'E' AND pass.state IN ('departed', 'passed') AND pass.pass_no IS NOT NULL
    AND parcel.state IN ('loaded', 'gated_out') AND parcel.carrier = ?2
ORDER BY pass.pass_no, parcel.waybill_no
