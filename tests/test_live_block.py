"""Chapter 8's block: what lights up and what comes out is what the layers of the book do."""

import itertools

import numpy as np
import pytest

from local import equations
from local.live.block import Block
from tests import live_pages
from tests.browsing import visit

PHONE, DESK = 390, 1280
Z = np.random.default_rng(0).normal(size=(3, 2, 2, 4)).round(1)
OF_IMAGES = {"batch": 12, "layer": 16, "instance": 4, "group": 8, "rms": 16}
LABELS = {kind: kind for kind in OF_IMAGES} | {"rms": "RMS"}
OF_TABLES = {"batch": 3, "layer": 4, "instance": 1, "group": 2, "rms": 4}


@pytest.fixture(scope="module")
def figures():
    return {"block": Block(Z)}


def normalized(z, kind, groups=2):
    """z (N, H, W, C) as the layer `kind` of the book returns it, without gamma and beta."""
    match kind:
        case "batch":
            return equations.normalize(z, (0, 1, 2))
        case "layer":
            return equations.group_norm(z, 1)
        case "instance":
            return equations.instance_norm(z)
        case "group":
            return equations.group_norm(z, groups)
        case "rms":
            return equations.rms_norm(z.reshape(len(z), -1)).reshape(z.shape)


def notice(shape, kind, at):
    """Which values of a block move when the one at `at` does: those that share its statistics."""
    z = np.random.default_rng(2).normal(size=shape)  # no number is 0, which RMS leaves at 0
    bumped = z.copy()
    bumped[at] += 1
    return np.abs(normalized(bumped, kind) - normalized(z, kind)) > 1e-6


def shown(page):
    """What is visible of the block: which are lit, and the normalized values."""
    found = page.get_by_role("radiogroup", name="Choose a value").get_by_role("radio")
    lit = [node.get_attribute("data-lit") == "true" for node in found.all()]
    return np.array(lit), [float(node.get_attribute("data-x-hat")) for node in found.all()]


def words(page):
    return page.get_by_role("status").inner_text().replace("−", "-")


def choose(page, example, channel, row, column):
    name = f"example {example}, channel {channel}, pixel {row}, {column}:"
    return page.get_by_role("radio", name=name)


@pytest.mark.parametrize("shape", [(3, 2, 2, 4), (2, 3, 1, 6), (1, 1, 2, 2)])
def test_the_normalized_values_are_those_of_the_equations(shape):
    """Five kinds, images and tables, in one run of Node."""
    rng = np.random.default_rng(1)
    blocks = [
        Block(rng.normal(1, 2, shape), kind=kind, pixels=pixels, groups=groups)
        for kind, pixels, groups in itertools.product(OF_IMAGES, ("many", "one"), (1, 2))
    ]
    code = "data.map((state) => m.normalizeBlock(state).xHat)"
    found = live_pages.node("block.js", code, [block.state() for block in blocks])
    for block, got in zip(blocks, found, strict=True):
        z = np.reshape(block.z, shape)
        got = np.array(got, float).reshape(shape)  # nan where a dense table has nothing
        if block.pixels == "one":
            assert np.isfinite(got).sum() == shape[0] * shape[-1]
            z, got = z[:, :1, :1], got[:, :1, :1]
        np.testing.assert_allclose(got, normalized(z, block.kind, block.groups), atol=1e-9)


def test_what_lights_up_is_what_would_notice(address, chromium):
    with visit(chromium, address + "block-dark.html", PHONE) as page:
        for kind, (n, h, w, c) in itertools.product(OF_IMAGES, [(0, 0, 0, 3), (2, 1, 0, 1)]):
            page.get_by_label(LABELS[kind], exact=True).tap()
            choose(page, n + 1, c + 1, h + 1, w + 1).tap()
            lit, values = shown(page)
            assert lit.tolist() == notice(Z.shape, kind, (n, h, w, c)).ravel().tolist()
            np.testing.assert_allclose(values, normalized(Z, kind).ravel(), atol=1e-9)
            name = LABELS[kind][0].upper() + LABELS[kind][1:]
            assert f"{name}: {OF_IMAGES[kind]} of 48 values share" in words(page)
            becomes = normalized(Z, kind)[n, h, w, c]
            assert f"{Z[n, h, w, c]:.1f} becomes {becomes:.2f}." in words(page)
        assert page.complaints == []


def test_in_a_dense_table_columns_and_rows_are_left(address, chromium):
    table = Z[:, :1, :1]
    with visit(chromium, address + "block-light.html", DESK) as page:
        choose(page, 2, 3, 2, 2).click()
        page.get_by_label("one number (dense)").check()
        page.get_by_label("normalized", exact=True).check()
        for kind, many in OF_TABLES.items():
            page.get_by_label(LABELS[kind], exact=True).check()
            lit, values = shown(page)
            assert lit.tolist() == (
                notice(table.shape, kind, (1, 0, 0, 2)).ravel().tolist()
                if kind != "instance"  # which notices nothing at all
                else [k == 6 for k in range(12)]
            )
            wanted = normalized(table, kind).ravel()
            np.testing.assert_allclose(values, wanted, atol=1e-9)
            texts = page.locator("[data-x-hat] text").filter(visible=True).all_text_contents()
            written = [float(text.replace("−", "-")) for text in texts]
            np.testing.assert_allclose(written, wanted, atol=0.051)
            assert f"{many} of 12 values ({OF_IMAGES[kind]} of 48 with pixels)" in words(page)


def test_instance_needs_pixels_and_a_group_of_two_has_one_bit(address, chromium):
    table = Z[:, :1, :1]
    assert np.abs(normalized(table, "instance")).max() == 0
    assert np.abs(np.abs(normalized(table, "group")) - 1).max() < 0.1
    with visit(chromium, address + "block-light.html", DESK) as page:
        page.get_by_label("one number (dense)").check()
        page.get_by_label("instance", exact=True).check()
        assert page.get_by_text("This value is alone").is_visible()
        assert "1 of 12 values (4 of 48 with pixels) is alone" in words(page)


def test_only_what_is_lit_answers_when_the_number_changes(address, chromium):
    with visit(chromium, address + "block-light.html", DESK) as page:
        for kind in OF_IMAGES:
            page.get_by_label(LABELS[kind], exact=True).check()
            page.get_by_label("The chosen number").press("Home")
            lit, before = shown(page)
            page.get_by_label("The chosen number").press("PageUp")
            _, after = shown(page)
            moved = np.not_equal(before, after)
            moved |= np.equal(Z.ravel(), 0) & lit if kind == "rms" else False  # 0 stays 0
            assert moved.tolist() == lit.tolist()
        z = Z.copy()
        z[0, 0, 0, 3] = float(page.get_by_label("The chosen number").input_value())
        np.testing.assert_allclose(after, normalized(z, "rms").ravel(), atol=1e-9)


@pytest.mark.parametrize("key, relative", {"Home": "layer", "End": "instance"}.items())
def test_groups_end_in_layer_and_in_instance(key, relative, address, chromium):
    with visit(chromium, address + "block-light.html", PHONE) as page:
        page.get_by_label("Groups of channels").press(key)
        assert page.get_by_label("group", exact=True).is_checked()
        lit, values = shown(page)
        assert lit.sum() == OF_IMAGES[relative]
        np.testing.assert_allclose(values, normalized(Z, relative).ravel(), atol=1e-9)


def test_arrow_keys_walk_through_the_block(address, chromium):
    with visit(chromium, address + "block-light.html", DESK) as page:

        def walk(*keys):
            for key in keys:
                page.keyboard.press(key)
            focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
            checked = page.locator("svg [aria-checked=true]")
            assert checked.count() == 1 and checked.get_attribute("aria-label") == focused
            assert checked.get_attribute("tabindex") == "0"
            return focused.split(":")[0]

        choose(page, 1, 4, 1, 1).focus()
        assert walk("ArrowRight", "ArrowRight") == "example 1, channel 4, pixel 1, 2"
        assert walk("ArrowLeft", "ArrowLeft") == "example 1, channel 3, pixel 1, 2"
        assert walk("ArrowDown", "ArrowDown") == "example 2, channel 3, pixel 1, 2"
        assert walk("ArrowUp") == "example 1, channel 3, pixel 2, 2"
        page.get_by_label("one number (dense)").check()
        page.get_by_role("radio", name="example 1, feature 3:").focus()
        assert walk("ArrowLeft", "ArrowDown", "ArrowDown") == "example 3, feature 2"
        assert page.locator("[tabindex='0']").count() == 1


def test_a_number_can_be_met_by_a_finger(address, chromium):
    with visit(chromium, address + "block-light.html", PHONE) as page:
        boxes = page.locator("svg [role=radio]").evaluate_all(
            "all => all.map(n => n.getBoundingClientRect()).map(b => [b.width, b.height])"
        )
        assert np.min(boxes) >= 24  # pixels, as WCAG 2.2 asks of a target
