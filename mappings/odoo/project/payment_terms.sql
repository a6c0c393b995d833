SELECT t.id, COALESCE(t.name ->> :language, t.name ->> 'en_US') AS name, MAX(l.nb_days) AS days
FROM account_payment_term t
LEFT JOIN account_payment_term_line l ON l.payment_id = t.id
WHERE t.active
GROUP BY t.id
ORDER BY t.id
