SELECT id, code, name FROM stock_warehouse WHERE active AND company_id = CAST(:company AS integer) ORDER BY id
