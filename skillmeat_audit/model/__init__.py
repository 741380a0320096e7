"""The nouns of an audit: fields, tables, findings, snapshot and errors; nothing here does work."""
