SELECT l.id, COALESCE(l.name ->> :language, l.name ->> 'en_US') AS name, c.name AS currency
FROM product_pricelist l
JOIN res_currency c ON c.id = l.currency_id
WHERE l.active AND (l.company_id IS NULL OR l.company_id = CAST(:company AS integer))
ORDER BY l.id
