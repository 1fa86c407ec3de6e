"""The verdicts of the worlds: content/multiverse.json, which tools.multiverse makes and pages show.

{key of a claim: {"text", "predicted", "worlds": {world: [value, low, high, holds] or null}}}; null
where a cell before the claim failed, so that it could not be asked.
"""

import html
import json

from local.claims import number
from tools.files import ROOT

VERDICTS = ROOT / "content" / "multiverse.json"


def read(path=VERDICTS):
    """The verdicts as they are committed; empty where there are none yet."""
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def collected(runs, worlds):
    """The verdicts from what was run. runs: {(world, notebook): records of claims}."""
    found = {}
    for (world, _), records in runs.items():
        for record in records:
            claimed = {name: record[name] for name in ("text", "predicted")}
            verdict = found.setdefault(record["key"], claimed | {"worlds": dict.fromkeys(worlds)})
            verdict["worlds"][world] = [record[n] for n in ("value", "low", "high", "holds")]
    return dict(sorted(found.items()))


def as_text(verdicts):
    """The file's text: a line for each world of each claim, so that a diff shows what changed."""
    parts = []
    for key, verdict in verdicts.items():
        worlds = ",\n".join(
            f"    {json.dumps(world)}: {json.dumps(measured)}"
            for world, measured in verdict["worlds"].items()
        )
        about = ", ".join(f'"{n}": {json.dumps(verdict[n])}' for n in ("text", "predicted"))
        parts.append(f'  {json.dumps(key)}: {{{about}, "worlds": {{\n{worlds}}}}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def count(verdict):
    """How many worlds the claim holds in, in words."""
    measured = verdict["worlds"].values()
    held = sum(bool(each and each[3]) for each in measured)
    return f"Holds in {held} of {len(measured)} worlds"


def strip(key, verdict):
    """A symbol for each world, which unfolds into its name, numbers and verdict, as HTML."""
    symbols, rows = "", []
    for world, measured in verdict["worlds"].items():
        symbols += "–" if measured is None else "●" if measured[3] else "○"
        rows.append(f"<li>{html.escape(world)}: {_in_words(measured)}</li>")
    return (
        f'<details class="worlds" id="worlds-{key}"><summary>'
        f'<span aria-hidden="true">{symbols}</span> {count(verdict)}</summary>'
        f"<ul>{''.join(rows)}</ul></details>"
    )


def _in_words(measured):
    if measured is None:
        return "not measured"
    value, low, high, holds = measured
    spread = "" if low == high else f" ({number(low)} to {number(high)})"
    return f"{number(value)}{spread}, {'holds' if holds else 'does not hold'}"
