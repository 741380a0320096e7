"""The static display in notebooks."""

import re
from html.parser import HTMLParser

from builders import SOURCE, audited, entry, imported, known, row, snapshot, synced

from skillmeat_audit import explore
from skillmeat_audit.reports.notebook.audit import FINDING_LIMIT

HOSTILE = "skill:<img src=x onerror=alert(1)>\u202e\x1b"


class Tags(HTMLParser):
    """Collects tags, and checks that they close."""

    def __init__(self):
        super().__init__()
        self.seen, self.open = [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in ("br", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def tags(html):
    parser = Tags()
    parser.feed(html)
    assert not parser.open
    return parser.seen


def test_a_hostile_name_stays_text():
    html = audited(snapshot([], [row(HOSTILE)]))._repr_html_()

    assert not {"img", "script"} & {tag for tag, _ in tags(html)}
    assert "&lt;img" in html
    assert not set("\u202e\x1b") & set(html)


def test_html_is_plain_text_to_a_front_end():
    # Marimo encodes a subclass of str as an object.
    audit = audited(snapshot([imported()], [row()]))
    shown = [
        audit,
        audit.charts,
        audit.charts.pages,
        audit.show("skill:alpha"),
        audit.plan(),
        audit.tally(),
    ]
    assert {type(each._repr_html_()) for each in shown} == {str}
    cells = [cell for line in explore(audit).grid.window["lines"] for cell in line["cells"]]
    assert {type(html) for html, _ in cells} == {str}


def test_tables_have_captions_and_scopes():
    found = tags(audited(snapshot([imported()], [row()]))._repr_html_())

    assert [tag for tag, _ in found].count("caption") == 2
    scopes = {attributes.get("scope") for tag, attributes in found if tag == "th"}
    assert scopes == {"col", "row", "rowgroup"}


def test_findings_are_grouped_by_row():
    entries = [imported(f"skill:{name}", description="Does.") for name in ("alpha", "beta")]
    html = audited(snapshot(entries, [row("skill:alpha"), row("skill:alpha", "t1")]))._repr_html_()

    headings = re.findall('<th scope="rowgroup"[^>]*><div align="left">(.*?)</div></th>', html)
    assert headings == [
        "skill:alpha · Default Collection · last written by batch import and reimport until "
        "2026-02-10 (import-bare)",
        "skill:beta · Default Collection",
        "skill:alpha · Team · last written by adding to a collection in any release "
        "(membership-add)",
    ]


def test_a_severity_is_a_word_and_a_shape():
    html = audited(snapshot([imported(description="Does.")], [row()]))._repr_html_()

    assert html.count('<b style="color:#d9483b">✖</b>&nbsp;error</span>') == 4
    assert html.count('<b style="color:#0e86c4">●</b>&nbsp;info</span>') == 1


def test_an_address_can_be_broken_in_a_narrow_cell():
    html = audited(snapshot([imported()], [row()]))._repr_html_()

    assert "https:/<wbr>/<wbr>github.com/<wbr>acme/<wbr>kit" in html


def test_the_size_is_bounded_and_says_so():
    many = [
        entry(f"skill:a{n}", author="J", description="x" * 5000) for n in range(FINDING_LIMIT + 50)
    ]
    audit = audited(snapshot(many, [row(each["artifact_id"]) for each in many]))

    html = audit._repr_html_()

    assert len(html) < 200_000
    assert f"{FINDING_LIMIT} of {len(audit.findings)} findings" in html


def test_the_plain_form_names_the_next_call():
    assert ".findings" in repr(audited(snapshot([entry()], [row()])))


def shown():
    """Return the display of an artifact whose description has changed since the import."""
    manifest = imported(description="Reads the new file.")
    audit = audited(snapshot([manifest], [synced(manifest, description="Reads the old file.")]))
    return audit.show("skill:alpha")


def test_an_artifact_shows_its_layers_with_what_changed_marked():
    html = shown()._repr_html_()

    assert "2 layers" not in html
    assert "Reads the <mark>old</mark> file." in html
    assert "Reads the <mark>new</mark> file." in html
    assert "D002" in html


def test_an_artifact_in_plain_text_names_what_it_has():
    assert (
        repr(shown())
        == "<skill:alpha in 3 layers: 1 finding; see .columns, .findings, .explanations>"
    )


def test_a_hostile_artifact_stays_text():
    html = audited(snapshot([], [row(HOSTILE, description=HOSTILE)])).show(HOSTILE)._repr_html_()

    assert not {"img", "script"} & {tag for tag, _ in tags(html)}


def test_a_clean_audit_says_so():
    manifest = imported(description="Reads.")
    market = {"catalog": [known()], "sources": [SOURCE]}
    html = audited(snapshot([manifest], [synced(manifest)], **market))._repr_html_()

    assert "Nothing wrong" in html
