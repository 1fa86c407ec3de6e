// The switch of a chapter leaves only its core sections open. It is remembered in this browser; a
// link into a deeper section opens that one.
{
  const { dataset } = document.documentElement;
  const choice = document.querySelector(".path-choice");
  const deeper = choice ? document.querySelectorAll("section.deeper") : [];
  const unfold = (section, open) => {
    section.classList.toggle("opened", open);
    const button = section.querySelector(".path > button");
    button.setAttribute("aria-expanded", open);
    button.textContent = open ? "Hide this section" : "Show this section";
  };
  const say = () => {
    const core = dataset.path === "core";
    choice.setAttribute("aria-pressed", core);
    for (const section of deeper) {
      section.querySelector(".path > button").hidden = !core;
      unfold(section, false);
    }
  };
  const lead = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const section = target?.closest("section.deeper");
    if (section && dataset.path === "core") {
      unfold(section, true);
      target.scrollIntoView();
    }
  };
  for (const section of deeper) {
    const show = document.createElement("button");
    show.type = "button";
    show.addEventListener("click", () => unfold(section, !section.classList.contains("opened")));
    section.querySelector(".path").append(" ", show);
  }
  if (choice) {
    choice.addEventListener("click", () => {
      dataset.path = dataset.path === "core" ? "all" : "core";
      localStorage.setItem("path", dataset.path);
      say();
    });
    say();
    lead();
    addEventListener("hashchange", lead);
  }
}
