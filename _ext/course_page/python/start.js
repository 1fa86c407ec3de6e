// The button that brings Python into this page. It stands in the page's head; all else that runs
// code is fetched when it is pressed. What takes room takes it at once, so nothing jumps later.
customElements.define("run-here", class extends HTMLElement {
  connectedCallback() {
    const words = document.createElement("p");
    if (location.protocol === "file:") {
      words.textContent = "To run the code on this page, serve its folder: " +
        "“python3 -m http.server” there, then open the address that it prints.";
      this.append(words);
      return;
    }
    words.textContent = `Fetches Python once (${this.dataset.size} MB).`;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "run-button", textContent: "Run here" });
    this.append(button, words);
    button.addEventListener("click", async () => {
      if (this.busy) return;
      this.busy = true;
      if (!this.classList.contains("on")) {
        this.classList.add("on");
        for (const code of document.querySelectorAll("[data-code]")) {
          const tools = document.createElement("div");
          tools.className = "cell-tools";
          code.hidden = false;
          code.after(tools);
        }
      }
      try {
        const { start } = await import(new URL(`${this.dataset.home}page.js`, document.baseURI));
        await start(this, words, button);
      } catch (error) {
        words.textContent = `It did not arrive (${error.message}). Is there a network? Press again.`;
        this.busy = false;
      }
    });
  }
});
