-- Templates that may be sold by this company, archived ones too: they leave Centra by their status.
SELECT t.id,
       COALESCE(t.name ->> :language, t.name ->> 'en_US') AS name,
       COALESCE(t.description_sale ->> :language, t.description_sale ->> 'en_US') AS text,
       c.complete_name AS category,
       t.active,
       t.weight,
       t.hs_code,
       o.code AS country_of_origin
FROM product_template t
JOIN product_category c ON c.id = t.categ_id
LEFT JOIN res_country o ON o.id = t.country_of_origin
WHERE t.sale_ok
  AND (t.company_id IS NULL OR t.company_id = CAST(:company AS integer))
ORDER BY t.id
