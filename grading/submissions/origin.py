"""Where a submission came from, as a dict that a gradebook stores as JSON."""

from datetime import UTC, datetime


def of(submission):
    """What is known of where a Submission came from; entries that are empty are left out.

    platform, id, prefix: of the layout that its path fits (see `layouts`), the student's or the
    submission's number there, and what the platform put before the file's name.  time: when it was
    handed in, in ISO 8601 and UTC; time_of: "platform", or "file" if only the file tells it.  late:
    True if the platform says so.  members: of a group; each: what is said of each of them.  name,
    email, login, id: of the student.
    """
    owner, file = submission.owner, submission.file
    if owner is None:
        return {}
    time = owner.time if owner.time is not None else file and file.time
    written = _written(time)
    said = {
        **owner.about,
        "platform": owner.platform,
        "name": owner.about.get("name", owner.student),
        "number": owner.number,
        "prefix": owner.prefix,
        "time": written,
        "time_of": "" if not written else "file" if owner.time is None else "platform",
        "late": owner.late,
        "members": list(owner.members),
        "each": list(owner.each),
    }
    return {name: value for name, value in said.items() if value}


def _written(time):
    """A time in ISO 8601, or "" for none, or for one that no calendar has."""
    try:
        return datetime.fromtimestamp(time, UTC).isoformat() if time is not None else ""
    except (ValueError, OverflowError, OSError):
        return ""
