// Questions: whoever checks a choice reads its answer, one of those that stand folded below.

// Wakes the form of a question; returns what shows its state. `read()` gives the choices that were
// checked, by their numbers in their order, and `write` sets them.
export function asking(form, { read, write }) {
  const choices = [...form.querySelectorAll("label")];
  const inputs = choices.map((label) => label.querySelector("input"));
  const answers = [...form.querySelectorAll("dd")];
  const output = form.querySelector("output");
  let shown; // what the output answers, for a screen reader reads it out each time it is written

  function answer(last) {
    if (last === shown) return;
    shown = last;
    output.replaceChildren(...(answers[last]?.cloneNode(true).childNodes ?? []));
  }
  function update() {
    const tried = read();
    choices.forEach((label, i) => {
      const verdict = isRight(form, i) ? "right" : "wrong";
      label.className = tried.includes(i) ? verdict : "";
    });
    inputs.forEach((input, i) => (input.checked = i === tried.at(-1)));
    form.classList.toggle("answered", tried.length > 0);
    answer(tried.at(-1));
  }
  form.querySelector("button").disabled = false;
  form.addEventListener("change", () => answer(undefined));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = inputs.findIndex((input) => input.checked);
    if (chosen < 0) output.textContent = "Choose one of the answers first.";
    else if (read().at(-1) === chosen) answer(chosen);
    else write([...read(), chosen]);
  });
  return update;
}

// Whether choice number `i` of a question, which may be undefined, is the right one.
export const isRight = (form, i) => Boolean(form.querySelectorAll("dd")[i]?.matches(".right"));
