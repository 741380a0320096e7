"""Widgets for notebooks: each takes a value and is a box; state is traits, work is elsewhere."""
