"""The repair: a plan decided from findings, applied in one transaction, journaled, and undone."""
