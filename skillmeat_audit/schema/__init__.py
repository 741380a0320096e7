"""What the cache's tables look like in every release: shared by readers and writers."""
