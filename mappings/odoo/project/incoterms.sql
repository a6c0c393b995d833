SELECT code, COALESCE(name ->> :language, name ->> 'en_US') AS name FROM account_incoterms WHERE active ORDER BY code
