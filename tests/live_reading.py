"""Reading a live figure, and working its controls, as a reader does."""

import numpy as np


def words(page):
    """The words below the picture."""
    return page.get_by_role("status").text_content()  # JupyterLab skips what is out of sight


def below(page):
    """Where what stands below the figure begins, in pixels of the page, however it is scrolled."""
    return page.locator(".after").evaluate("p => p.getBoundingClientRect().top + scrollY")


def numbers(page, selector, attribute):
    """What the elements of the picture that fit `selector` have in `attribute`."""
    read = f"all => all.map(one => Number(one.getAttribute('{attribute}')))"
    return np.array(page.locator(selector).evaluate_all(read))


def drag(page, handle, right=0, down=0):
    """Drag `handle` with the mouse by so many pixels, in two moves."""
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2)
    page.mouse.move(x + right, y + down)
    page.mouse.up()


def press(page, label, key, times=1):
    """Press a key on the slider of that name."""
    slider = page.get_by_role("slider", name=label, exact=True)
    for _ in range(times):
        slider.press(key)
