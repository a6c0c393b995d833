"""ERP databases as a source: read-only, in one snapshot, streamed, every value as text in one canonical form."""
