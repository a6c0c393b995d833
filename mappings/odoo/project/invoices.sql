-- Posted customer invoices. Drafts are none yet, and a credit note is none.
SELECT m.id,
       m.name AS number,
       m.ref,
       m.invoice_date,
       m.invoice_date_due,
       c.name AS currency,
       own.name AS base_currency,
       m.amount_total,
       m.amount_tax,
       m.amount_total - m.amount_residual AS paid,
       m.partner_id AS buyer,
       m.commercial_partner_id AS account,
       m.partner_shipping_id AS delivery,
       m.invoice_payment_term_id AS payment_term,
       i.code AS incoterm
FROM account_move m
JOIN res_currency c ON c.id = m.currency_id
JOIN res_company o ON o.id = m.company_id
JOIN res_currency own ON own.id = o.currency_id
LEFT JOIN account_incoterms i ON i.id = m.invoice_incoterm_id
WHERE m.move_type = 'out_invoice' AND m.state = 'posted' AND m.company_id = CAST(:company AS integer)
ORDER BY m.id
