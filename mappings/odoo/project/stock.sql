-- What is on the shelves of a warehouse less what is reserved. A variant without a quant has never been there.
SELECT q.product_id AS variant,
       w.code AS warehouse,
       SUM(q.quantity - q.reserved_quantity) AS available
FROM stock_quant q
JOIN stock_location l ON l.id = q.location_id AND l.usage = 'internal'
JOIN stock_warehouse w ON w.id = l.warehouse_id AND w.active
WHERE q.company_id = CAST(:company AS integer)
GROUP BY q.product_id, w.code
ORDER BY q.product_id, w.code
