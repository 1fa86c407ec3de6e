// Paper is light, has the folded code open and, if the reader wants it, the answers.
{
  const { dataset } = document.documentElement;
  const choice = document.querySelector(".print-choice input");
  const CODE = "details.hide:not([open])";
  const ALL = `${CODE}, details.answer:not([open])`;
  let theme;
  let opened = [];

  const choose = (answers) => {
    dataset.print = answers ? "answers" : "questions";
    if (choice) choice.checked = answers;
  };
  choice?.addEventListener("change", () => {
    choose(choice.checked);
    localStorage.setItem("print", dataset.print);
  });
  choose(localStorage.getItem("print") === "answers");

  addEventListener("beforeprint", () => {
    theme = dataset.theme;
    dataset.theme = "light";
    opened = [...document.querySelectorAll(dataset.print === "answers" ? ALL : CODE)];
    for (const fold of opened) fold.open = true; // where ::details-content is not known yet
  });
  addEventListener("afterprint", () => {
    dataset.theme = theme;
    for (const fold of opened) fold.open = false;
  });
}
