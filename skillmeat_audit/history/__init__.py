"""What earlier audits left: the runs with their findings, and the baseline of what is accepted."""
