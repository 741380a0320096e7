"""What knows nothing of SkillMeat: text, addresses, folders, files, the clock, a lock."""

TOOL = "skillmeat-audit"  # the program's name: of its command, its folders, and in its output
