"""The folders and archives around what students handed in: a class's own, and no student's."""

import re
from collections import defaultdict

from grading.submissions.handed import ARCHIVE
from grading.submissions.names import VERSION, stem, without_marks

EXPORT = re.compile(
    r"submi|export|inbound|gradebook|drive-download|download|collected|abgabe|^all$|^class(es)?\b",
    re.I,
)
"""What a folder or archive of everybody's may be called."""
SURELY = re.compile(r"submissions|submitted|inbound|export|all|class", re.I)
"""What nobody calls the own one."""


class Surroundings:
    """What stands around the notebooks.

    paths: the parts of each notebook's path.  slugs: the Slugs.  matched(path): whether the last
    part of a path fits a platform's pattern.  containers: the folders and archives that hold
    everybody's work.  exports: those directly in which platforms' names are believed.  drive: those
    in which every notebook is called "NAME - FILE".
    """

    def __init__(self, paths, slugs, matched):
        self.paths, self.slugs, self.matched = paths, slugs, matched
        self.containers = self._containers()
        self.exports = self._exports()
        self.drive = self._drive()

    def _below(self, level):
        """{folder or archive in one of `level`: the paths in it} of all notebooks."""
        below = defaultdict(list)
        for parts in self.paths:
            outer = next((one for one in level if parts[: len(one)] == one), None)
            if outer is not None and len(parts) > len(outer) + 1:
                below[parts[: len(outer) + 1]].append(parts[len(outer) + 1 :])
        return below

    def _exports(self):
        """The folders and archives directly in which platforms' names are believed.

        A student's own are not among them, for anybody may give a file a classmate's name.
        """
        exports, level = {()}, {()}
        while level:
            below = {
                top: inner for top, inner in self._below(level).items() if not self.matched(top)
            }
            whole = all(self._all_match(top, inner) for top, inner in below.items())
            level = {
                top
                for top in below
                if whole
                or top in self.containers
                or self.slugs.is_one(top[-1])
                or EXPORT.search(top[-1])
                or (ARCHIVE.search(top[-1]) and self.slugs.found_in(top[-1]))
            }
            exports |= level
        return exports

    def _all_match(self, top, inner):
        """Whether everything in a folder fits a platform's pattern. inner: the paths in it."""
        first = {(*top, parts[0]) for parts in inner}
        if all(map(self.matched, first)):
            return True
        deeper = [parts[1:] for parts in inner if len(parts) > 1]
        return len(first) == 1 and len(deeper) == len(inner) and self._all_match(*first, deeper)

    def _containers(self):
        """The folders and archives that hold everybody's work: those at the top, and in them."""
        containers, level = set(), {()}
        while level:
            below = self._below(level)
            level = {top for top, inner in below.items() if self._holds_all(top, inner, below)}
            containers |= level
        return containers

    def _holds_all(self, top, inner, siblings):
        """Whether a folder or archive is everybody's. inner: the paths of the notebooks in it."""
        name = stem(top[-1])
        if self.slugs.is_one(name):
            return False
        while len({parts[0] for parts in inner}) == 1 and len(inner[0]) > 1:
            if SURELY.fullmatch(name):
                return True
            inner = [parts[1:] for parts in inner]
        named = self._named(inner)
        if EXPORT.search(name):
            return len(named) > 1
        named = {one for one in named if not VERSION.match(one)}
        if ARCHIVE.search(top[-1]) and (len(siblings) == 1 or self.slugs.found_in(name)):
            return len(named) > 1
        # Folders of a class are few and hold many; those of students are many and hold few.
        return len(named) > max(2, len(siblings))

    def _named(self, inner):
        """The different names at the beginning of these paths of notebooks, but for slugs."""
        names = set()
        for parts in inner:
            outer = [part for part in parts[:-1] if not self.slugs.is_one(part)]
            if outer:
                names.add(outer[0])
            elif self.slugs.found_in(parts[-1]):
                names.add(self.slugs.rest(without_marks(parts[-1])[0]))
        return names - {""}

    def _drive(self):
        """The folders in which every notebook is called "NAME - FILE", with different names."""
        names = defaultdict(set)
        for *folder, file in self.paths:
            name, dash, _ = file.partition(" - ")
            names[tuple(folder)].add(name if dash and not self.slugs.found_in(name) else None)
        return {folder for folder, found in names.items() if None not in found and len(found) > 1}
