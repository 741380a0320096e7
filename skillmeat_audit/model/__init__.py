"""The nouns of an audit: fields, table contracts, findings, snapshot, changes, trend."""
