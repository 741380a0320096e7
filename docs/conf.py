"""Sphinx: how the pages of this folder become the site in ``.build/docs``: ``make docs``."""

from pathlib import Path

from nbconvert import MarkdownExporter
from sphinx.application import Sphinx

from skillmeat_audit import __version__
from skillmeat_audit.repair.plan import plan_schema
from skillmeat_audit.reports.files.schemas import SCHEMAS, json_schema

DOCS = Path(__file__).parent
NOTEBOOK = DOCS.parent / "notebooks" / "1_investigate.ipynb"

project = "skillmeat-audit"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"skillmeat-audit {release}"
html_extra_path = [".generated"]
html_copy_source = False
html_show_copyright = False
smartquotes = False  # they make a dash of the text ---
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_google_docstring = False  # "The answer: …" would be a type


def setup(app: Sphinx) -> None:
    """Write what is made for the site only: the notebook with its outputs, the JSON schemas."""
    text, _ = MarkdownExporter().from_filename(str(NOTEBOOK))
    (DOCS / "investigate-notebook.md").write_text(text, encoding="utf-8")
    folder = DOCS / ".generated" / "reference" / "schemas"
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        (folder / f"{name}.json").write_bytes(json_schema(name))
    (folder / "plan.json").write_bytes(plan_schema())
