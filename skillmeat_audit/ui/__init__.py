"""The faces of the package: the command line, and the notebook's widgets."""
