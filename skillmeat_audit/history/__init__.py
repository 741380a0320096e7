"""The history: earlier audits and their findings, and the baseline of accepted findings."""
