"""The artifacts of the conformance homes: what is on GitHub, and what a user wrote."""

from pathlib import Path

REPOSITORY = "acme/kit"
URL = f"https://github.com/{REPOSITORY}"

PASSWORD = "Set up and use 1Password CLI (op). Use when installing the CLI, or reading secrets."
CRITIC = "Reads code.\nSays what is wrong.\n"
KIT = {
    "skills/1password/SKILL.md": "---\nname: 1password\ndescription: >-\n"
    "  Set up and use 1Password CLI (op).\n  Use when installing the CLI,\n  or reading secrets.\n"
    "author: Jane\nlicense: MIT\nversion: 1.2.0\ntags: [secrets, cli]\n"
    "allowed-tools: Read, Bash\n---\n# 1Password\n",
    "skills/1password/references/get-started.md": "# Get started\n",
    "skills/plain/SKILL.md": "# Plain\n\nNo front matter at all.\n",
    "skills/quiet/SKILL.md": "---\nname: quiet\n---\n# Quiet\n",
    "skills/late/SKILL.md": "---\nname: late\ndescription: Comes later\nlicense: MIT\n---\n",
    "skills/odd/SKILL.md": "---\r\nname: odd\r\ndescription: [one, two]\r\nversion: 1.10\r\n"
    "tags: a, b\r\n---\r\nodd\r\n",
    "agents/code-critic.md": "---\nname: code-critic\ndescription: |\n  Reads code.\n"
    "  Says what is wrong.\ntools: Read, Grep\n---\nYou read.\n",
    "commands/review.md": "---\ndescription: Review a change\n---\nReview it.\n",
    "hooks/lint/settings.json": '{"hooks": {}}',
    "hooks/lint/HOOK.md": "---\nname: lint\ndescription: Lints\n---\n",
    "plugins/toolbox/.claude-plugin/plugin.json": '{"name": "toolbox", "description": "Tools"}',
    "plugins/toolbox/skills/hammer/SKILL.md": "---\nname: hammer\ndescription: Hits nails\n---\n",
    "plugins/toolbox/commands/saw.md": "---\ndescription: Saws planks\n---\nSaw.\n",
}
# A newer text of an imported skill: a reimport must bring it.
LATER = {"skills/plain/SKILL.md": "---\nname: plain\ndescription: Plain no more\n---\n# Plain\n"}

MINE = {
    "mine/SKILL.md": "---\nname: mine\ndescription: My own skill\nauthor: Jo\nlicense: MIT\n"
    "version: 2.0.0\ntags: [x, y]\nallowed-tools: Read, Bash\n---\n# Mine\n",
    "quiet/SKILL.md": "---\nname: quiet\ndescription: My own quiet one\n---\n# Quiet\n",
    "review/SKILL.md": "---\nname: review\ndescription: A skill of a command's name\n---\n",
    "scribe.md": "---\nname: scribe\ndescription: Writes\n---\nWrite.\n",
    "other/SKILL.md": "---\nname: other\ndescription: Of another collection\n---\n# Other\n",
}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write *files* (text by path) below *folder*."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode())
