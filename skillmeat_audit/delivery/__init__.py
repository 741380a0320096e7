"""Where reports go: files and notices."""
