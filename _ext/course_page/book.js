// Formulas wider than the screen scroll in a box of their own; only those can be focused.
{
  const mark = () => {
    for (const box of document.querySelectorAll("div.math")) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        const tag = box.querySelector(".katex-tag");
        box.setAttribute("aria-label", `Equation ${tag?.textContent ?? ""} scrolls sideways`);
      } else {
        for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
      }
    }
  };
  addEventListener("load", mark);
  addEventListener("resize", mark);
}
