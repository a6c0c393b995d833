"""ERP adapters: files and databases read as chunks of text, each row with its origin."""
