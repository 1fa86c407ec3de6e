"""Packages that are too old are named, with the way to mend it."""

import pytest

from local.versions import check


def test_what_is_installed_here_is_new_enough():
    check()


def test_an_old_package_is_named(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("numpy>=999  # arrays\nno-such-package>=1\n")
    with pytest.raises(ImportError, match=r"numpy \S+ is installed.*numpy>=999.*pip install -U"):
        check(path)


def test_packages_that_only_build_the_book_are_passed_over(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("numpy>=1\n# --- What builds the book. ---\npytest>=999\n")
    check(path)
