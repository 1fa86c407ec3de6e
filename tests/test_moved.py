"""A section that was renamed is found at its old address."""

from types import SimpleNamespace

import pytest
from lxml import html
from sphinx.errors import ExtensionError

from _ext.course_page import moved
from tools.files import SITE


@pytest.mark.parametrize("page", moved.MOVED)
def test_every_old_address_is_in_the_section_that_it_leads_to(page):
    tree = html.parse(SITE / f"{page}.html").getroot()
    for old, new in moved.MOVED[page].items():
        (place,) = tree.xpath(f"//*[@id='{old}']")
        assert place.getparent().get("id") == new
        assert {before.tag for before in place.itersiblings(preceding=True)} <= {"span"}


def test_a_section_that_is_gone_stops_the_book(monkeypatch):
    page = html.document_fromstring("<section id='now'><h2>Now</h2></section>")
    site = SimpleNamespace(trees={"a.html": page})
    monkeypatch.setattr(moved, "MOVED", {"a": {"once": "now"}, "absent": {"x": "y"}})
    moved.add(site)
    assert page.get_element_by_id("once").getparent().get("id") == "now"
    monkeypatch.setattr(moved, "MOVED", {"a": {"once": "later"}})
    with pytest.raises(ExtensionError, match="no section 'later', to which 'once' leads"):
        moved.add(site)
