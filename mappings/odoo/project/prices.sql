-- Fixed prices of a product or of a variant. Rules that compute a price (a discount on everything) are no prices.
SELECT i.id,
       i.pricelist_id AS pricelist,
       i.product_tmpl_id AS product,
       i.product_id AS variant,
       i.fixed_price AS price,
       i.min_quantity,
       i.date_start,
       i.date_end
FROM product_pricelist_item i
JOIN product_pricelist l ON l.id = i.pricelist_id AND l.active
JOIN product_template t ON t.id = i.product_tmpl_id AND t.sale_ok
WHERE i.compute_price = 'fixed'
  AND i.applied_on IN ('1_product', '0_product_variant')
  AND (l.company_id IS NULL OR l.company_id = CAST(:company AS integer))
ORDER BY i.id
