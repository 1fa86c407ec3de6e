"""Take over the versions that Colab announces today: python -m tools.colab.

They go into tests/colab/requirements.txt, from which `make test-colab` builds an environment like
Colab's. The variable COLAB_FREEZE names another address than Colab's own.
"""

import datetime
import os
import re
import sys
import urllib.request

from tools import faults
from tools.files import ROOT, write

TWIN = ROOT / "tests" / "colab" / "requirements.txt"
FREEZE = "https://raw.githubusercontent.com/googlecolab/backend-info/main/pip-freeze.txt"
PIN = re.compile(r"(?m)^(?P<name>[\w.-]+)==(?P<version>\S+)$")


def versions(freeze):
    """{normalized name: version} of a `pip freeze`, without packages that have no version there."""
    return {normalized(pin["name"]): pin["version"] for pin in PIN.finditer(freeze)}


def normalized(name):
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def renewed(requirements, freeze, today):
    """The text `requirements` with the versions of the text `freeze`, and with the date `today`.

    Raises LookupError for a package that is not in the freeze: Colab has dropped it.
    """
    announced = versions(freeze)
    gone = [p["name"] for p in PIN.finditer(requirements) if normalized(p["name"]) not in announced]
    if gone:
        raise LookupError(f"Colab no longer announces {', '.join(gone)}, which notebooks import.")
    text = PIN.sub(lambda pin: f"{pin['name']}=={announced[normalized(pin['name'])]}", requirements)
    return re.sub(r"\d{4}-\d\d-\d\d", f"{today:%Y-%m-%d}", text, count=1)


def main():
    address = os.environ.get("COLAB_FREEZE", FREEZE)
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            freeze = answer.read().decode()
        before = TWIN.read_text()
        after = renewed(before, freeze, datetime.date.today())
    except (OSError, LookupError) as error:
        sys.exit(f"{address}: {error}")
    write(TWIN, after)
    old, new = versions(before), versions(after)
    changed = [f"{name} {old[name]} -> {new[name]}" for name in new if old[name] != new[name]]
    print("\n".join(changed) or "Colab announces what was known already.")


if __name__ == "__main__":
    with faults.in_one_line():
        main()
