"""The folder of a home in the state folder."""

import os
from pathlib import Path

from skillmeat_audit.base.folders import state_folder
from skillmeat_audit.loaders.home import home_folder

PathLike = str | os.PathLike[str]


def home_state_folder(home: PathLike, state_dir: PathLike | None = None) -> Path:
    """Return the folder of *home* in *state_dir*, by default in the platform's state folder."""
    parent = None if state_dir is None else Path(state_dir).expanduser()
    return state_folder(os.path.realpath(home_folder(home)), parent)
