"""What knows nothing of SkillMeat: text, addresses, folders, files, the clock, a lock."""

# The token of a running SkillMeat is in this variable of the environment, and never written.
TOKEN_VARIABLE = "SKILLMEAT_AUDIT_TOKEN"
TOOL = "skillmeat-audit"  # the program's name: of its command, its folders, and in its output
VERSION = "0.2.0"
