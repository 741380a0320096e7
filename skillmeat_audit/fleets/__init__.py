"""Many homes: what `api` does with one home, for all homes that a file names.

The room is not called like the function `skillmeat_audit.fleet`: a package of that name would take
the function's place as soon as one of its modules is imported.
"""
