"""Mails with notebooks attached, as mail programs save them (*.eml)."""

import email
import email.policy
import email.utils
from datetime import UTC, datetime
from pathlib import PurePath


def read(data):
    """((name, address) of the sender, time, [(name, bytes) of each attachment]) of a mail's bytes.

    time: when it was sent, in seconds since 1970, or None. Python's parser takes any bytes for a
    mail, and finds nothing in what is none.
    """
    mail = email.message_from_bytes(data, policy=email.policy.default)
    sender = email.utils.parseaddr(str(mail.get("From", "")))
    try:
        date = email.utils.parsedate_to_datetime(str(mail.get("Date", "")))
        date = date if date.tzinfo else date.replace(tzinfo=UTC)  # -0000 means UTC, too
        time = date.timestamp()
        datetime.fromtimestamp(time, UTC)
    except (ValueError, OverflowError, OSError):
        time = None
    attachments = [
        (PurePath(part.get_filename() or "attachment").name, part.get_payload(decode=True) or b"")
        for part in mail.iter_attachments()
    ]
    return sender, time, attachments
