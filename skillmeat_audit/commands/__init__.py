"""One function per request: what the command line calls is what a script or notebook calls."""
