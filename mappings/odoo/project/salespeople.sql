SELECT u.id, p.name, p.email FROM res_users u JOIN res_partner p ON p.id = u.partner_id WHERE u.active ORDER BY u.id
