"""Builds one of the small homes in ``data/homes``: its files, and a cache of either schema."""

import argparse
from pathlib import Path

from skillmeat_audit.api.sample import ERAS, HOMES, build_home


def main() -> None:
    """Build a home from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", choices=HOMES)
    parser.add_argument("target", type=Path, help="the folder that gets a .skillmeat")
    parser.add_argument("--era", choices=ERAS, default=ERAS[0])
    options = parser.parse_args()
    build_home(options.home, options.target, options.era)


if __name__ == "__main__":
    main()
