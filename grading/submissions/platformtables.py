"""What platforms write beside the files: Gradescope's metadata, Blackboard's text of an attempt."""

import contextlib
import re
from datetime import datetime

import yaml

from grading.submissions.handed import UnreadableError

METADATA = "submission_metadata.yml"
LARGEST_TABLE = 20 << 20
"""Bytes of a platform's own table."""


def until_time(part):
    """The beginning that all files of an attempt share."""
    return re.sub(r"(_attempt_[-\d]{19}).*", r"\1", part, flags=re.S)


def gradescope(handed):
    """{path of the folder: what the metadata beside it say of it}."""
    try:  # libyaml would end the process at a table that is nested too deep
        table = yaml.load(handed.read(LARGEST_TABLE), yaml.SafeLoader)
    except (UnreadableError, yaml.YAMLError, ValueError, RecursionError):
        return {}
    found = {}
    for name, entry in table.items() if isinstance(table, dict) else ():
        with contextlib.suppress(
            LookupError, AttributeError, TypeError, ArithmeticError, ValueError
        ):
            found[(*handed.parts[:-1], name)] = _submitters(entry)
    return found


def _submitters(entry):
    """What Gradescope says of a submission, as fields of an Owner."""
    persons = [
        {key.strip(":"): str(v).strip() for key, v in one.items()} for one in entry[":submitters"]
    ]
    each = [
        {"name": one["name"], "id": one.get("sid", ""), "email": one.get("email", "")}
        for one in persons
    ]
    time, first = entry.get(":created_at"), each[0]
    return {
        "student": ", ".join(one["name"] for one in each),
        "number": first["email"] or first["id"],
        "members": tuple(one["name"] for one in each) if len(each) > 1 else (),
        "each": tuple(each) if len(each) > 1 else (),
        "time": time.timestamp() if isinstance(time, datetime) else None,
        "about": first,
    }


def blackboard(handed):
    """{what stands before the attempt's time: (name, login)}, from the text beside an attempt."""
    try:
        text = handed.read(LARGEST_TABLE).decode("utf-8", "replace")
    except UnreadableError:
        return {}
    # Its first line is "Name: Ada Lovelace (ada)", in the language of the platform.
    found = re.match(r"\ufeff?[^:\n]{2,20}: *(.*?) *\(([^()\s]+)\)\s*$", text, re.M)
    return {until_time(handed.parts[-1]): found.groups()} if found else {}
