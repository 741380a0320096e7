"""The shared service: what the cache's tables look like, and the only code that writes its rows."""
