"""Damages files at random, as disks, editors and other programs do."""

import os
import shutil

# What else may be where a file is expected.
KINDS = ("nothing", "folder", "pipe", "dangling link", "link to itself", "unreadable")
NESTED = b"[" * 100_000
CONTENTS = (
    b"",
    b"\0",
    b"[]",
    b"{}",
    b"null",
    b"true",
    b"0",
    b'""',
    b"NaN",
    b"\xff\xfe",
    b'{"schema":',
    NESTED,
    b'{"a":' * 50_000,
    b'"\\ud800"',
    b"9" * 5_000,
)


def damage(path, choices):
    """Damage the file at *path*, which is there, in one way of many; *choices* is a `Random`."""
    way = choices.choice([_cut, _flip, _replace, _repeat, _insert, _overwrite, _change_kind])
    way(path, choices)


def _cut(path, choices):
    content = path.read_bytes()
    path.write_bytes(content[: choices.randrange(len(content) + 1)])


def _flip(path, choices):
    content = bytearray(path.read_bytes())
    for _ in range(choices.choice([1, 1, 2, 50]) if content else 0):
        content[choices.randrange(len(content))] ^= 1 << choices.randrange(8)
    path.write_bytes(content)


def _replace(path, choices):
    path.write_bytes(choices.choice(CONTENTS))


def _repeat(path, choices):
    path.write_bytes(path.read_bytes() * choices.choice([2, 3]))


def _insert(path, choices):
    content, place = path.read_bytes(), choices.randrange(path.stat().st_size + 1)
    path.write_bytes(content[:place] + choices.choice(CONTENTS) + content[place:])


def _overwrite(path, choices):
    content, place = path.read_bytes(), choices.randrange(path.stat().st_size + 1)
    path.write_bytes(content[:place] + choices.randbytes(choices.choice([1, 8, 512])))


def _change_kind(path, choices):
    put_kind(path, choices.choice(KINDS))


def put_kind(path, kind):
    """Put something of *kind* (one of ``KINDS``) where the file at *path* is."""
    if kind == "unreadable":  # to everybody but root
        path.chmod(0)
        return
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling link":
        path.symlink_to("nowhere")
    elif kind == "link to itself":
        path.symlink_to(path.name)


def remove(path):
    """Remove whatever is at *path*."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
