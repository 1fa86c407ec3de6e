"""Fixtures that many test modules use: a browser, and live figures on pages of their own."""

import pytest

from tests import live_pages
from tests.browsing import browser, served


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def folder(figures, tmp_path_factory):
    """Where the pages of the module's `figures`, a dict of figures by their names, are written."""
    folder = tmp_path_factory.mktemp("figures")
    for name, figure in figures.items():
        live_pages.write(folder, name, figure.page())
    return folder


@pytest.fixture(scope="module")
def address(folder):
    with served(folder) as address:
        yield address
