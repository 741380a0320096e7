"""The diff engine: what the cache should say, where it disagrees, who left it so; never writes."""
