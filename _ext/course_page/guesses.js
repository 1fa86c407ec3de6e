// What answers a guess is folded until the reader asks. This script stands in the page's head, so
// that an answer folds when its first tag is read: nothing is painted that would move again.
{
  const KEY = `answers ${location.pathname}`;
  const asked = new Set(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  // What is hidden in this way, the browser finds when the reader searches the page.
  const FOLDED = "onbeforematch" in document.documentElement ? "until-found" : "";
  const answers = () => [...document.querySelectorAll("guess-answer")];
  let box;

  const show = (answer, open) => {
    if (open) answer.removeAttribute("hidden");
    else answer.setAttribute("hidden", FOLDED);
    answer.previousElementSibling.setAttribute("aria-expanded", open);
    box.checked = answers().every((one) => !one.hidden);
  };
  const remember = () => {
    const open = answers().filter((one) => !one.hidden);
    localStorage.setItem(KEY, JSON.stringify(open.map(({ id }) => id)));
  };
  const reveal = (place) => {
    for (let one = place; one; one = one.parentElement?.closest("guess-answer")) {
      if (one.matches("guess-answer[hidden]")) show(one, true);
    }
  };

  customElements.define("guess-answer", class extends HTMLElement {
    connectedCallback() {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "answer-button" });
      button.setAttribute("aria-controls", this.id);
      const of = document.createElement("span");
      Object.assign(of, { className: "visually-hidden", textContent: ` of “${this.dataset.section}”` });
      button.append("Answer to the guess", of);
      this.before(button);
      button.addEventListener("click", () => {
        show(this, this.hasAttribute("hidden"));
        remember();
      });
      this.addEventListener("beforematch", () => reveal(this));
      show(this, asked.has(this.id));
    }
  });

  customElements.define("answers-switch", class extends HTMLElement {
    connectedCallback() {
      const label = document.createElement("label");
      box = document.createElement("input");
      Object.assign(box, { type: "checkbox", autocomplete: "off" });
      label.append(box, "Show all of them");
      this.append("The answers to the guesses are folded. ", label);
      box.addEventListener("change", () => {
        const open = box.checked;
        for (const one of answers()) show(one, open);
        remember();
      });
    }
  });

  // A link leads to something inside an answer. (What a search has marked, marks.js opens.)
  const follow = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place?.closest("guess-answer[hidden]")) return;
    reveal(place);
    place.scrollIntoView();
  };
  addEventListener("DOMContentLoaded", follow);
  addEventListener("hashchange", follow);
}
