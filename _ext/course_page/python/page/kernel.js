// Python's worker as the page sees it: begun, asked to run a cell, and stopped.

export class Kernel {
  // heard: { progress(bytes), died(why) }
  constructor(home, { packages, course }, heard) {
    this.heard = heard;
    this.worker = new Worker(new URL("worker.js", home));
    this.ready = new Promise((resolve) => (this.begun = resolve));
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.die(event.message || "its worker could not be loaded");
    };
    this.worker.postMessage({ packages, course });
  }

  hear(message) {
    if (message.kind === "progress") this.heard.progress(message.bytes);
    else if (message.kind === "ready") this.begun(true);
    else if (message.kind === "dead") this.die(message.why);
    else if (message.kind === "done") this.end(message);
    else this.output?.(message);
  }

  // Runs one cell; `output` takes its messages. Resolves to { ok, seconds }, or null if it ended.
  run(source, alt, output) {
    this.output = output;
    return new Promise((resolve) => {
      this.finished = resolve;
      this.worker.postMessage({ source, alt });
    });
  }

  end(result) {
    const finished = this.finished;
    this.finished = this.output = null;
    finished?.(result);
  }

  stop() {
    this.worker.terminate();
    this.begun(false);
    this.end(null);
  }

  die(why) {
    this.stop();
    this.heard.died(why);
  }
}
