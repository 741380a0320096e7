"""Where what outlives a run is kept: journals, backups, history and index, a folder per home."""

import hashlib
import os
import re
from pathlib import Path

import platformdirs


def state_folder(home: str, given: Path | None = None) -> Path:
    """Return the folder of a home's state, in *given* or in the platform's state folder."""
    base = given or Path(platformdirs.user_state_dir("skillmeat-audit"))
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(home).parent.name).strip("-.") or "home"
    return base / f"{name[:40]}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
