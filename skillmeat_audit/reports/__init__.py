"""The reports: frozen summaries of an audit, and the renderers that show them."""
