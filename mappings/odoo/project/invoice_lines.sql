-- Lines that sell something; notes, sections and the booking's own lines are left out.
SELECT l.id,
       m.id AS invoice,
       l.product_id AS variant,
       l.name,
       l.quantity,
       l.price_unit,
       l.discount,
       l.price_subtotal,
       l.price_total - l.price_subtotal AS tax
FROM account_move_line l
JOIN account_move m ON m.id = l.move_id
WHERE l.display_type = 'product' AND m.move_type = 'out_invoice' AND m.state = 'posted'
  AND m.company_id = CAST(:company AS integer)
ORDER BY l.id
