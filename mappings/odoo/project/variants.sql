-- Every variant with its colour and its size. Sizes are values of attributes whose name begins with "Size"; such an
-- attribute is a size table. A variant may have neither.
SELECT p.id,
       p.product_tmpl_id AS product,
       p.default_code,
       p.barcode,
       p.active,
       colour.id AS colour_id,
       colour.name AS colour,
       size.attribute_id AS size_table_id,
       size.attribute AS size_table,
       size.id AS size_id,
       size.name AS size,
       LPAD(CAST(COALESCE(size.sequence, 0) AS text), 9, '0') AS size_rank
FROM product_product p
JOIN product_template t ON t.id = p.product_tmpl_id
LEFT JOIN LATERAL (
    SELECT v.id, COALESCE(v.name ->> :language, v.name ->> 'en_US') AS name
    FROM product_variant_combination k
    JOIN product_template_attribute_value x ON x.id = k.product_template_attribute_value_id
    JOIN product_attribute_value v ON v.id = x.product_attribute_value_id
    JOIN product_attribute a ON a.id = v.attribute_id
    WHERE k.product_product_id = p.id AND a.name ->> 'en_US' = 'Colour'
) colour ON TRUE
LEFT JOIN LATERAL (
    SELECT v.id, v.attribute_id, v.sequence, a.name ->> 'en_US' AS attribute,
           COALESCE(v.name ->> :language, v.name ->> 'en_US') AS name
    FROM product_variant_combination k
    JOIN product_template_attribute_value x ON x.id = k.product_template_attribute_value_id
    JOIN product_attribute_value v ON v.id = x.product_attribute_value_id
    JOIN product_attribute a ON a.id = v.attribute_id
    WHERE k.product_product_id = p.id AND a.name ->> 'en_US' LIKE 'Size%'
) size ON TRUE
WHERE t.sale_ok
  AND (t.company_id IS NULL OR t.company_id = CAST(:company AS integer))
ORDER BY p.product_tmpl_id, colour.id, size.sequence, p.id
