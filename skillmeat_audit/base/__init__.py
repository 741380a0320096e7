"""What knows nothing of SkillMeat: text, columns, addresses, folders, files, the clock, a lock."""
