"""The shared service: the only code that writes cache rows."""
