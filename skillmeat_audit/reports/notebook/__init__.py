"""What a notebook shows: static, bounded, escaped HTML."""
