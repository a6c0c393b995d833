"""The ledger's schema, step by step. A shipped step is never edited: what changes gets a new one."""
