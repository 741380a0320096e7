"""The static display in notebooks."""

from html.parser import HTMLParser

from builders import audited, entry, imported, row, snapshot

from skillmeat_audit.reports.html import ROW_LIMIT

HOSTILE = "skill:<img src=x onerror=alert(1)>\u202e\x1b"


class Tags(HTMLParser):
    """Collects tags, and checks that they close."""

    def __init__(self):
        super().__init__()
        self.seen, self.open = [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag != "br":
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


def test_tables_have_captions_and_scopes():
    found = tags(audited(snapshot([imported()], [row()]))._repr_html_())

    assert [tag for tag, _ in found].count("caption") == 2
    assert all(attributes.get("scope") == "col" for tag, attributes in found if tag == "th")


def test_the_size_is_bounded_and_says_so():
    many = [entry(f"skill:a{n}", author="J", description="x" * 5000) for n in range(ROW_LIMIT + 50)]
    audit = audited(snapshot(many, [row(each["artifact_id"]) for each in many]))

    html = audit._repr_html_()

    assert len(html) < 200_000
    assert f"{ROW_LIMIT} of {len(audit.findings)} findings" in html


def test_the_plain_form_names_the_next_call():
    assert ".findings" in repr(audited(snapshot([entry()], [row()])))


def test_one_artifact_shows_its_layers_and_findings():
    view = audited(snapshot([imported(HOSTILE)], [row(HOSTILE)])).show(HOSTILE)
    html = view._repr_html_()

    assert not {"img", "script"} & {tag for tag, _ in tags(html)}
    assert "3 of 3 layers" in html
    assert f"{len(view.findings)} of {len(view.findings)} findings" in html
    assert repr(view).startswith("<skill:<img")
    assert ".findings" in repr(view)
