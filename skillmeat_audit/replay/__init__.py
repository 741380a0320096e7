"""A small model of SkillMeat's import paths and of their repair, over a scratch home, measured."""
