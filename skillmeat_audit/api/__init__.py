"""One function per request, and the values they return: for notebooks, scripts and the CLI."""
