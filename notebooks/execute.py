"""Executes the notebooks and removes what differs from run to run: ``make notebooks``."""

import configparser
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
# A live widget needs the kernel that created it; the stored output is its static form.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def main() -> None:
    """Execute every notebook in an empty folder and write it back with its outputs."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        with TemporaryDirectory() as folder:
            NotebookClient(book, resources={"metadata": {"path": folder}}).execute()
        clean(book)
        path.write_text(sanitize(nbformat.writes(book)) + "\n", encoding="utf-8")


def clean(book: nbformat.NotebookNode) -> None:
    """Remove all metadata except tags and the kernel, and all live widgets."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    for cell in book.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET_VIEW, None)


def sanitize(text: str) -> str:
    """Return *text* with run ids replaced, as nbval does before it compares."""
    rules = configparser.RawConfigParser()
    rules.read(FOLDER / "sanitize.cfg", encoding="utf-8")
    for name in rules.sections():
        text = re.sub(rules.get(name, "regex"), rules.get(name, "replace"), text)
    return text


if __name__ == "__main__":
    main()
