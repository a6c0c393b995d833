"""What others are tested with. Contract suites for whoever writes an adapter: subclass one, say how yours is made, and
run it with pytest. ``mappings``: the tests that stand beside a mapping."""
