"""Take over the versions that Colab announces today: python -m tools.colab.

They go into tests/colab/requirements.txt, from which `make test-colab` builds Colab's twin.
COLAB_FREEZE names another address than Colab's own.
"""

import datetime
import os
import re
import sys
import urllib.request
from pathlib import Path

from tools import write_text

TWIN = Path(__file__).resolve().parent.parent / "tests" / "colab" / "requirements.txt"
FREEZE = "https://raw.githubusercontent.com/googlecolab/backend-info/main/pip-freeze.txt"
PIN = re.compile(r"(?m)^(?P<name>[\w.-]+)==(?P<version>\S+)$")


def versions(freeze):
    """{normalised name: version} of a `pip freeze`; what it took from elsewhere is left out."""
    return {normalised(pin["name"]): pin["version"] for pin in PIN.finditer(freeze)}


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def renewed(requirements, freeze, today):
    """The text `requirements` with the versions of `freeze`, announced on the date `today`.

    Raises LookupError for a package that the freeze does not hold: Colab has dropped it.
    """
    announced = versions(freeze)
    gone = [p["name"] for p in PIN.finditer(requirements) if normalised(p["name"]) not in announced]
    if gone:
        raise LookupError(f"Colab no longer announces {', '.join(gone)}, which notebooks import.")
    text = PIN.sub(lambda pin: f"{pin['name']}=={announced[normalised(pin['name'])]}", requirements)
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
    write_text(TWIN, after)
    old, new = versions(before), versions(after)
    changed = [f"{name} {old[name]} -> {new[name]}" for name in new if old[name] != new[name]]
    print("\n".join(changed) or "Colab announces what was known already.")


if __name__ == "__main__":
    main()
