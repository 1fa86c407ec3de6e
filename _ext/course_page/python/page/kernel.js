// Python's worker as the page sees it: begun, asked to run a cell, and stopped.

export class Kernel {
  arrived = 0; // bytes
  why = ""; // it ended by itself

  constructor(home, { packages, course }) {
    this.worker = new Worker(new URL("worker.js", home));
    this.ready = new Promise((resolve) => (this.begun = resolve));
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.die(event.message || "its worker could not be loaded");
    };
    this.worker.postMessage({ packages: packages.split(" "), course });
  }

  // From now on, `heard` = { progress(), died() } is told; what came before, the kernel knows.
  tell(heard) {
    this.heard = heard;
    if (this.why) heard.died();
  }

  hear(message) {
    if (message.kind === "progress") {
      this.arrived += message.bytes;
      this.heard?.progress();
    } else if (message.kind === "ready") this.begun(true);
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
    this.why = why;
    this.heard?.died();
  }
}
