"""What was handed in is read where it lies, and what must not be read is refused by name."""

import os
import stat
import tracemalloc
import zipfile

import pytest

from grading.submissions import handed
from grading.submissions.handed import UnreadableError
from tests.exports import archive, read
from tests.submissions import SLUG


def problem_of(folder, student):
    return {one.student: one.problem for one in read(folder)[0]}[student]


def link():
    info = zipfile.ZipInfo(f"{SLUG}.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("member", "data", "why"),
    [
        (f"../../{SLUG}.ipynb", "{}", "leads out of the archive"),
        (f"/tmp/{SLUG}.ipynb", "{}", "leads out of the archive"),
        (f"..\\..\\{SLUG}.ipynb", "{}", "leads out of the archive"),
        (f"C:\\{SLUG}.ipynb", "{}", "leads out of the archive"),
        (link(), "/etc/passwd", "a link to another file"),
        ("x" * 5000 + ".ipynb", "{}", "longer than 255 bytes"),
    ],
)
def test_what_a_hostile_archive_holds_is_refused_by_name(tmp_path, member, data, why):
    archive(tmp_path / "eve.zip", (member, data), ("harmless.txt", ""))
    found, aside = read(tmp_path)
    (submission,) = found
    assert submission.student == "eve"
    with pytest.raises(UnreadableError, match=why):
        submission.file.read()
    assert [one.file.parts[-1] for one in aside] == ["harmless.txt"]
    assert len(submission.file.name) < 300


def test_a_bomb_is_never_unpacked(tmp_path):
    (tmp_path / "one").mkdir()
    archive(tmp_path / "one" / "eve.zip", (f"{SLUG}.ipynb", bytes(200 << 20)))
    (submission,) = read(tmp_path)[0]
    tracemalloc.start()
    with pytest.raises(UnreadableError, match="more than 50 MB"):
        submission.file.read()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 150 << 20


def test_archives_within_archives_end(tmp_path):
    inner = archive(tmp_path / "0.zip", (f"{SLUG}.ipynb", "{}")).read_bytes()
    (tmp_path / "0.zip").unlink()
    for depth in range(1, 8):
        archive(tmp_path / "x.zip", (f"{depth}.zip", inner))
        inner = (tmp_path / "x.zip").read_bytes()
    assert "more than 4 archives" in problem_of(tmp_path, "x")


def test_an_archive_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(handed, "MOST_MEMBERS", 3)
    archive(tmp_path / "eve.zip", *((f"{number}.txt", "") for number in range(4)))
    assert "more than 3 files" in problem_of(tmp_path, "eve")


def test_what_is_no_archive_or_damaged_or_encrypted_is_refused(tmp_path):
    (tmp_path / "ada.zip").write_bytes(b"PK\x03\x04 nothing more")
    path = archive(tmp_path / "bob.zip", (f"{SLUG}.ipynb", "{}"))
    data = bytearray(path.read_bytes())
    for start in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[start] |= 1
    path.write_bytes(data)
    broken = archive(tmp_path / "cy.zip", (f"{SLUG}.ipynb", "{}" * 999))
    broken.write_bytes(
        broken.read_bytes().replace(b"\x8b", b"\x00", 1)[:40] + bytes(20) + broken.read_bytes()[60:]
    )
    found = {one.student: one for one in read(tmp_path)[0]}
    assert "no zip, or damaged" in found["ada"].problem
    for name, why in {"bob": "encrypted", "cy": "damaged"}.items():
        with pytest.raises(UnreadableError, match=why):
            found[name].file.read()


def test_what_systems_hide_is_set_aside_and_its_owner_is_not(tmp_path):
    (tmp_path / "ada" / ".git").mkdir(parents=True)
    (tmp_path / "ada" / ".git" / "config").write_text("")
    (tmp_path / ".DS_Store").write_text("")
    checkpoint = f".ipynb_checkpoints/{SLUG}-checkpoint.ipynb"
    archive(tmp_path / "bo.zip", (f"{SLUG}.ipynb", "{}"), (checkpoint, "old"), ("__MACOSX/a", ""))
    found, aside = read(tmp_path)
    assert {one.student: one.problem[:20] for one in found} == {
        "ada": "there is no notebook",
        "bo": "",
    }
    assert len(aside) == 4 and {one.why for one in aside} == {"a system's own file"}


def test_a_path_that_is_too_long_or_closed_is_a_row(tmp_path):
    place, deep = tmp_path / "ada", 0
    place.mkdir()
    descriptor = os.open(place, os.O_RDONLY)
    while deep < 30:  # one by one, for the whole path is too long for the system
        os.mkdir("d" * 200, dir_fd=descriptor)
        descriptor, before = os.open("d" * 200, os.O_RDONLY, dir_fd=descriptor), descriptor
        os.close(before)
        deep += 1
    os.close(descriptor)
    (submission,) = read(tmp_path)[0]
    assert submission.student == "ada" and "name too long" in submission.problem
