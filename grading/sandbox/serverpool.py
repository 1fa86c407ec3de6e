"""The fork servers of a grader: one for each set of modules that submissions need."""

from collections import Counter

from grading.sandbox.forkserver import ForkServer
from grading.sandbox.serverprocess import ServerError

STARTS = 3
"""Times in a row that a fork server may fail to start before it is given up."""


class ServerPool:
    """Fork servers, started when they are first needed; `close` ends them.

    The arguments are those of ForkServer.
    """

    def __init__(self, mode, probes, limits, common_cells):
        self.mode, self.probes, self.limits = mode, probes, limits
        self.common_cells = common_cells
        self.servers, self.failures = {}, Counter()

    def get(self, modules):
        """The fork server with these modules.

        Raises ServerError if it does not start, after STARTS failures without another try, and
        modes.SandboxError if its sandbox does not hold.
        """
        if self.failures[modules] == STARTS:
            raise ServerError("its fork server did not start, several times; see the other reasons")
        if modules not in self.servers:
            self.failures[modules] += 1
            self.servers[modules] = ForkServer(
                self.mode, modules, self.probes, self.limits, self.common_cells
            )
            self.failures[modules] = 0
        return self.servers[modules]

    def discard(self, modules):
        """End the server with these modules, if there is one; the next `get` starts another."""
        server = self.servers.pop(modules, None)
        if server:
            server.close()

    def close(self):
        """End all servers."""
        for modules in list(self.servers):
            self.discard(modules)
