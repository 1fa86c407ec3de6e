"""Packages that are too old are named, with the way to mend it."""

import sys

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


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Puts records of a made-up package, one a version, into the path; "" has lost its file."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("course-made-up>=2.1\n")

    def put(*versions):
        for number, version in enumerate(versions):
            record = tmp_path / str(number) / f"course_made_up-{version or 0}.dist-info"
            record.mkdir(parents=True)
            lines = ["Metadata-Version: 2.1", "Name: course-made-up"]
            lines += [f"Version: {version}"] if version else []
            if version != "":
                (record / "METADATA").write_text("\n".join(lines) + "\n")
            monkeypatch.setattr(sys, "path", [*sys.path, str(record.parent)])
        return requirements

    return put


@pytest.mark.parametrize(
    "versions",
    [
        ["2.2.0-custom-build"],
        ["2.1+local.1"],
        ["2.2.0rc1"],
        ["", "2.3"],
        [None, "2.3"],  # what an interrupted installation left, and the next one
    ],
)
def test_a_build_of_ones_own_is_new_enough(versions, installed):
    check(installed(*versions))


@pytest.mark.parametrize("version", ["2.0.9-custom-build", "2.0", "2.1rc1"])
def test_an_old_build_of_ones_own_is_named(version, installed):
    with pytest.raises(ImportError, match=r"course-made-up 2\S+ is installed.*needs .*>=2.1"):
        check(installed(version))


@pytest.mark.parametrize("version", [None, "", "unknown"])
def test_a_record_without_a_version_says_how_to_mend_it(version, installed):
    """To upgrade does not help: pip cannot remove what it does not know."""
    with pytest.raises(ImportError, match=r"no version that can be read.*Remove it.*install it"):
        check(installed(version))
