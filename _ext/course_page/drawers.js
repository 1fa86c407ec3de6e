// Whoever opens a menu with a key goes on from there: the focus stays on its button when the menu
// closes, and goes to the section that was chosen.
{
  // The theme takes the focus from a button that was pressed, because of tooltips that we do not use.
  for (const button of document.querySelectorAll(".bd-header-article button")) button.blur = () => {};

  const goTo = (heading) => {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    heading.scrollIntoView(); // the browser did so while the page was covered
  };
  for (const drawer of document.querySelectorAll("dialog[id$='sidebar-modal']")) {
    drawer.addEventListener("click", ({ target }) => {
      const link = target.closest("a[href^='#']");
      if (!link) return;
      const place = document.getElementById(decodeURIComponent(link.hash.slice(1))) ?? document;
      const heading = place.querySelector("h1, h2, h3, h4");
      // Behind the theme's own listener, which has the button's focus back.
      drawer.addEventListener("close", () => goTo(heading), { once: true });
      drawer.close();
    });
  }
}
