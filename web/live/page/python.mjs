// Python in its worker: starts it when it is needed, hands it one job after the other, stops it.
//
// A job is { sources, at, answer } with a function `hear(type, content)`, which is told: "starting" and "progress" with
// { done, total } in bytes, "loading" with the name of a layer, "running", "stream" with a text, "note" with a
// sentence, "display" with { media type: text }, and at the end one of "done", "failed", "lost" and "stopped".

export class Python {
  constructor(index, root, page) {
    const base = new URL("live/", root);
    this.hello = { index, base: base.href, sources: new URL("_sources/chapters/", root).href, page };
    this.address = new URL(index.files["worker.js"].name, base);
    this.queue = [];
    this.ready = false;
    this.onready = () => {};
  }

  run(job) {
    this.queue.push(job);
    if (this.queue.length === 1) this.next();
    else job.hear("waiting", this.queue.length - 1);
  }

  next() {
    const job = this.queue[0];
    if (!job) return;
    if (!this.worker) this.start();
    if (!this.ready) return job.hear("starting");
    this.send(job);
  }

  send({ sources, at, answer }) {
    this.worker.postMessage({ sources, at, answer });
  }

  start() {
    const worker = new Worker(this.address);
    this.worker = worker;
    worker.onmessage = ({ data }) => worker === this.worker && this.take(data.type, data.content);
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.worker) this.take("lost", "the part that runs Python could not be loaded");
    };
    worker.postMessage(this.hello);
  }

  take(type, content) {
    const job = this.queue[0];
    if (type === "ready") {
      this.ready = true;
      this.onready();
      if (job) this.send(job);
    } else if (type === "done") {
      this.finish(type, content);
    } else if (type === "failed" || type === "lost") {
      // Nothing can be relied on after that: the next press begins with a new worker.
      this.end();
      this.finish(type, content);
    } else {
      job?.hear(type, content);
    }
  }

  finish(type, content) {
    this.queue.shift()?.hear(type, content);
    this.next();
  }

  end() {
    this.worker?.terminate();
    this.worker = null;
    this.ready = false;
  }

  // Only the end of its worker stops a program; and a job that waits is taken out of the queue.
  stop(job) {
    const place = this.queue.indexOf(job);
    if (place > 0) {
      this.queue.splice(place, 1);
      job.hear("stopped");
    } else if (place === 0) {
      this.end();
      this.finish("stopped");
    }
  }
}
