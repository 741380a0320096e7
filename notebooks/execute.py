"""Runs the notebooks anew and cleans what would differ from run to run: ``make notebooks``."""

import configparser
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
# Live widgets need the kernel that made them: what is kept is their static form.
LIVE = "application/vnd.jupyter.widget-view+json"


def main() -> None:
    """Execute every notebook in an empty folder and write it back, with its outputs."""
    for path in sorted(HERE.glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        with TemporaryDirectory() as folder:
            NotebookClient(book, resources={"metadata": {"path": folder}}).execute()
        clean(book)
        path.write_text(sanitized(nbformat.writes(book)) + "\n", encoding="utf-8")


def clean(book: nbformat.NotebookNode) -> None:
    """Keep of the metadata what a reader needs: tags, and which kernel."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    for cell in book.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(LIVE, None)


def sanitized(text: str) -> str:
    """Return *text* with the ids of runs replaced, as nbval does before it compares."""
    rules = configparser.RawConfigParser()
    rules.read(HERE / "sanitize.cfg", encoding="utf-8")
    for name in rules.sections():
        text = re.sub(rules.get(name, "regex"), rules.get(name, "replace"), text)
    return text


if __name__ == "__main__":
    main()
