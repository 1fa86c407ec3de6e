"""What platforms write beside the files: Gradescope's metadata, Blackboard's text of an attempt."""

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
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        table = yaml.load(handed.read(LARGEST_TABLE), loader)
        return {
            (*handed.parts[:-1], name): _submitters(entry) for name, entry in table.items() if entry
        }
    except (UnreadableError, yaml.YAMLError, AttributeError, KeyError, TypeError, IndexError):
        return {}


def _submitters(entry):
    """What Gradescope says of a submission, as fields of an Owner."""
    persons = [{key.strip(":"): str(v) for key, v in one.items()} for one in entry[":submitters"]]
    time = entry.get(":created_at")
    first = persons[0]
    about = {"name": first["name"], "id": first.get("sid", ""), "email": first.get("email", "")}
    names = [one["name"] for one in persons]
    return {
        "student": ", ".join(names),
        "number": first.get("email") or first.get("sid", ""),
        "members": tuple(names) if len(names) > 1 else (),
        "time": time.timestamp() if isinstance(time, datetime) else None,
        "about": about,
    }


def blackboard(handed):
    """{what stands before the attempt's time: (name, login)}, from the text beside an attempt."""
    try:
        text = handed.read(LARGEST_TABLE).decode("utf-8", "replace")
    except UnreadableError:
        return {}
    found = re.search(r"^Name: *(.*?) *\(([^()\s]+)\)\s*$", text, re.M)
    return {until_time(handed.parts[-1]): found.groups()} if found else {}
