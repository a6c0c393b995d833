-- Partners of all sorts. A customer stands for itself; people and addresses stand below one.
SELECT p.id,
       p.parent_id AS parent,
       p.type,
       p.is_company,
       p.active,
       p.customer_rank,
       p.name,
       p.ref,
       p.email,
       COALESCE(p.phone, p.mobile) AS phone,
       p.website,
       p.vat,
       p.street,
       p.street2,
       p.city,
       p.zip,
       s.code AS state,
       c.code AS country,
       p.credit_limit,
       p.user_id AS salesperson,
       list.value AS pricelist,
       term.value AS payment_term,
       parent.is_company AS below_company
FROM res_partner p
LEFT JOIN res_partner parent ON parent.id = p.parent_id
LEFT JOIN res_country_state s ON s.id = p.state_id
LEFT JOIN res_country c ON c.id = p.country_id
LEFT JOIN LATERAL (
    SELECT split_part(i.value_reference, ',', 2) AS value
    FROM ir_property i
    WHERE i.name = 'property_product_pricelist' AND i.res_id = 'res.partner,' || p.id
      AND i.company_id = CAST(:company AS integer)
) list ON TRUE
LEFT JOIN LATERAL (
    SELECT split_part(i.value_reference, ',', 2) AS value
    FROM ir_property i
    WHERE i.name = 'property_payment_term_id' AND i.res_id = 'res.partner,' || p.id
      AND i.company_id = CAST(:company AS integer)
) term ON TRUE
WHERE p.company_id IS NULL OR p.company_id = CAST(:company AS integer)
ORDER BY p.id
