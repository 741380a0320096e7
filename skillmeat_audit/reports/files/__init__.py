"""Reports as files: one renderer per format."""
