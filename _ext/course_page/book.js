// What is wider than the screen scrolls in a box of its own; only those can be focused. A box is
// looked at when it gets a size, is shown or changes: to ask for the size of what is folded would
// lay it out.
{
  const BOXES = "div.math, pre, .cell_output > .output, .pst-scrollable-table-container";
  const mark = ({ box, wide, scrolls }) => {
    if (!box.matches("div.math")) {
      box.tabIndex = scrolls ? 0 : -1;
    } else if (wide) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      const tag = box.querySelector(".katex-tag");
      box.setAttribute("aria-label", `Equation ${tag?.textContent ?? ""} scrolls sideways`);
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    }
  };
  const look = (box) => {
    const wide = box.scrollWidth > box.clientWidth;
    return { box, wide, scrolls: wide || box.scrollHeight > box.clientHeight };
  };
  const sizes = new ResizeObserver((changes) => {
    for (const seen of changes.map(({ target }) => look(target))) mark(seen);
  });
  const watch = (root) => {
    for (const box of [root, ...root.querySelectorAll(BOXES)]) {
      if (box.matches(BOXES)) sizes.observe(box);
    }
  };
  watch(document.body);
  new MutationObserver((changes) => {
    for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
      if (node instanceof HTMLElement) watch(node); // the output of a cell that the reader runs
    }
  }).observe(document.body, { childList: true, subtree: true });
}
