"""The loaders: one module per layer; each returns contracted DataFrames and writes nothing."""
