"""What knows nothing of SkillMeat: text, addresses, folders, files, the clock, a lock."""
