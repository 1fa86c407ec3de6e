"""The files that were handed in: in folders, in zip archives, and attached to mails.

Archives count as folders and are read where they lie: nothing is ever unpacked to the disk. What
must not be read keeps its place in the list, with the reason why.
"""

import io
import os
import re
import stat
import unicodedata
import zipfile
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from grading.submissions import mails

LARGEST = 50 << 20
"""Bytes of a notebook. A larger one holds pictures or films, and a person has to look at it."""
LARGEST_INSIDE = 512 << 20
"""Bytes of an archive inside another one."""
MOST_MEMBERS = 100_000
"""Files in an archive, those of the archives inside it included."""
DEEPEST = 4
"""Archives inside each other."""
LONGEST = 255
"""Bytes of a file's name, as on most disks."""
ARCHIVE = re.compile(r"\.(zip|eml)$", re.I)
UNOPENED = re.compile(r"\.(7z|rar|tar|tgz|txz|gz|bz2|xz|mbox|msg)$", re.I)
"""Archives that nobody opens here."""
SYSTEM = re.compile(r"\.[_~#]|\.(?!\s)(?!.*ipynb$)|__MACOSX$|Thumbs\.db$|desktop\.ini$", re.I)
"""Names of files that systems create by themselves, hidden files (".name") among them.

A hidden notebook is somebody's, and so is a name that begins with a dot and a blank.
"""


class UnreadableError(ValueError):
    """The file is not a notebook that can be graded; the text says why, for the student."""


@dataclass(frozen=True)
class Handed:
    """A file that was handed in.

    parts: its path in the folder, in Unicode's NFC, with archives as folders.  place: the path on
    the disk, then the number of the member in each archive.  time: when the file was written, in
    seconds since 1970, or None.  refused: why it must not be read, or "".  sender: (name, address)
    for what came by mail, and when it was sent, if the mail says so.  empty: it is a folder
    without files.
    """

    parts: tuple
    place: tuple = field(repr=False)
    time: float | None = None
    refused: str = ""
    sender: tuple = ()
    sent: float | None = None
    empty: bool = False

    @property
    def name(self):
        """Its path as a text, which can be written as UTF-8 into a cell of a table."""
        return "/".join(self.parts)

    def read(self, limit=LARGEST):
        """The bytes of the file. Raises UnreadableError for links, devices, giants and the like."""
        if self.refused:
            raise UnreadableError(self.refused)
        path, *members = self.place
        if not members:
            return _read(path, limit)
        with _opened(path) as file:
            for number in members[:-1]:
                file = io.BytesIO(_member(file, number, LARGEST_INSIDE))
            return _member(file, members[-1], limit)


def walk(folder):
    """Every Handed file below `folder`, in order of their paths."""
    folder = Path(folder)
    return [one for top in _sorted(folder) for one in _below(top, (plain(top.name),))]


def plain(name):
    """A file's name as text: in NFC, in UTF-8 whatever its bytes are, and on one line."""
    text = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))
    # Control characters and line separators would break the rows and cells of the tables.
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "\ufffd", text)


def _sorted(folder):
    """The entries of a folder; those that differ in Unicode's form alone stand together."""
    return sorted(folder.iterdir(), key=lambda path: (plain(path.name), path.name))


def _below(path, parts):
    """The files at and below `path`. A link counts as a file and is never followed."""
    waiting = [(path, parts)]
    while waiting:
        path, parts = waiting.pop()
        try:
            status = path.lstat()
            folder = stat.S_ISDIR(status.st_mode) and not SYSTEM.match(parts[-1])
            entries = _sorted(path) if folder else None
        except OSError as error:  # a folder that we may not open, or that is nested too deep
            yield Handed(parts, (path,), refused=f"{error.strerror}")
            continue
        if entries is None:
            why = "it is a link to another file" if stat.S_ISLNK(status.st_mode) else ""
            one = Handed(parts, (path,), status.st_mtime, why)
            if not why and stat.S_ISREG(status.st_mode) and ARCHIVE.search(path.name):
                yield from _inside(one, [MOST_MEMBERS])
            else:
                yield one
        elif not entries:
            yield Handed(parts, (path,), empty=True)
        waiting += [(entry, (*parts, plain(entry.name))) for entry in reversed(entries or ())]


def _inside(archive, left):
    """The files in an archive and in those inside it, or the archive itself if it is refused.

    left: [how many files may still come].
    """
    if SYSTEM.match(archive.parts[-1]):
        yield archive
        return
    try:
        if len(archive.place) > DEEPEST:
            raise UnreadableError(f"more than {DEEPEST} archives lie inside each other")
        members = _members(archive)
        left[0] -= len(members)
        if left[0] < 0:
            raise UnreadableError(f"the archive holds more than {MOST_MEMBERS:,} files")
    except UnreadableError as error:
        yield replace(archive, refused=str(error))
        return
    if not members:
        yield replace(archive, refused="the archive is empty")
    for one in members:
        if not one.refused and ARCHIVE.search(one.parts[-1]):
            yield from _inside(one, left)
        else:
            yield one


def _members(archive):
    """The files in an archive, as Handed. Raises UnreadableError."""
    path, *numbers = archive.place
    if not numbers:
        with _opened(path) as file:
            return _listed(archive, file)
    return _listed(archive, io.BytesIO(archive.read(LARGEST_INSIDE)))


def _listed(archive, file):
    """What is in the opened archive, as Handed. Raises UnreadableError."""
    if archive.parts[-1].lower().endswith(".eml"):
        return _attached(archive, file)
    with _zip(file) as opened:
        return [
            _listed_member(archive, number, info)
            for number, info in enumerate(opened.infolist())
            if not info.is_dir()
        ]


def _listed_member(archive, number, info):
    """A file in a zip archive."""
    name = info.filename
    if not info.flag_bits & 0x800:  # macOS writes UTF-8 without saying so
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    name = name.replace("\\", "/")
    why = ""
    if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
        why = "its path leads out of the archive"
    elif stat.S_ISLNK(info.external_attr >> 16):
        why = "it is a link to another file"
    elif info.flag_bits & 1:
        why = "it is encrypted"
    parts = [plain(part) for part in name.split("/") if part not in ("", ".", "..")] or ["?"]
    if any(len(part.encode()) > LONGEST for part in parts):
        why = f"its name is longer than {LONGEST} bytes"
        parts = [
            part if len(part.encode()) <= LONGEST else f"{part[:50]}...{part[-6:]}"
            for part in parts
        ]
    try:
        time = datetime(*info.date_time).timestamp()
    except (ValueError, OverflowError):
        time = None
    place = (*archive.place, number)
    return Handed((*archive.parts, *parts), place, time, why, archive.sender, archive.sent)


def _attached(archive, file):
    """The files attached to a mail."""
    sender, time, attachments = mails.read(_whole(file))
    mail = {"time": archive.time, "sender": tuple(map(plain, sender)), "sent": time}
    return [
        Handed((*archive.parts, plain(name)[-LONGEST:]), (*archive.place, number), **mail)
        for number, (name, _) in enumerate(attachments)
    ]


def _whole(file):
    """The bytes of a mail. Raises UnreadableError."""
    data = file.read(LARGEST_INSIDE + 1)
    if len(data) > LARGEST_INSIDE:
        raise UnreadableError(f"the mail has more than {LARGEST_INSIDE >> 20} MB")
    return data


def _zip(file):
    """The zip archive in a file. Raises UnreadableError."""
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableError("the archive cannot be read: it is no zip, or damaged") from error


def _member(file, number, limit):
    """The bytes of a member of the archive in `file`. Raises UnreadableError."""
    if not zipfile.is_zipfile(file):
        file.seek(0)
        data = mails.read(_whole(file))[2][number][1]
        if len(data) > limit:
            raise UnreadableError(f"the file has more than {limit >> 20} MB")
        return data
    try:
        with _zip(file) as archive:
            info = archive.infolist()[number]
            with archive.open(info) as member:
                data = member.read(limit + 1)
    except UnreadableError:
        raise
    except Exception as error:  # zlib's, lzma's and zipfile's own, at least
        raise UnreadableError(f"its archive is damaged: {error}") from error
    if len(data) > limit:
        raise UnreadableError(f"the file has more than {limit >> 20} MB")
    return data


def _opened(path):
    """The plain file at `path`, opened. Raises UnreadableError for links, devices and pipes."""
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    except OSError as error:
        link = Path(path).is_symlink()
        why = "it is a link to another file" if link else f"{error.strerror}"
        raise UnreadableError(why) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise UnreadableError("it is not a plain file")
    return file


def _read(path, limit):
    """The bytes of a plain file. Raises UnreadableError."""
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise UnreadableError(f"the notebook has {size >> 20} MB, more than {limit >> 20}")
        return file.read()
