"""Homes of a few skills that no release wrote: manifests as people and other tools write them."""

from conformance.kit import write

TIME = '"2026-01-01T08:00:00"'
HEAD = f'[collection]\nname = "default"\nversion = "1.0.0"\ncreated = {TIME}\nupdated = {TIME}\n'


def entry(name, keys="", metadata=""):
    """Return the entry of a skill, with more *keys*, and those of its *metadata*."""
    return (
        f'[[artifacts]]\nname = "{name}"\ntype = "skill"\npath = "skills/{name}"\n'
        f'origin = "local"\nadded = {TIME}\n{keys}[artifacts.metadata]\n{metadata}'
    )


def declare(app, *entries, collection="default"):
    """Write the manifest of *collection*, and a SKILL.md for every artifact."""
    folder = app.home / "collections" / collection
    names = [each.split('"')[1] for each in entries]
    text = "---\nname: {0}\ndescription: Of the file\n---\n"
    write(folder, {f"skills/{name}/SKILL.md": text.format(name) for name in names})
    (folder / "collection.toml").write_text(HEAD + "".join(entries))
    return folder / "collection.toml"
