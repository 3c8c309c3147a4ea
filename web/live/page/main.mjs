// Takes over the cells when the reader first presses something: editing, running, answers, states.

import { Derivation } from "./derivation.mjs";
import { Edits, withEdits } from "./edits.mjs";
import { apart, escape, highlight } from "./highlight.mjs";
import { Outputs } from "./outputs.mjs";
import { Python } from "./python.mjs";

const LAYERS = { drawing: "what draws figures", rest: "more of Python's library" };
const VERDICTS = {
  right: "Right",
  wrong: "Not yet",
  open: "Not finished yet",
};
const UNANSWERED = {
  answer: "No answer yet: put yours in place of the three dots",
  steps: "No answer yet: continue from the first line",
};
// What is loaded before the first cell can run.
const FIRST = ["pyodide.asm.js", "pyodide.asm.wasm", "pyodide.js", "base", "book", "numbers"];
const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 9.95e6 ? 1 : 0);

export async function open(page) {
  const live = new Live(page);
  await live.style();
  return live;
}

class Live {
  constructor({ cells, index, root, make, button }) {
    Object.assign(this, { cells, index, root, make, button });
    const name =
      location.pathname
        .split("/")
        .pop()
        .replace(/\.html$/, "") + ".ipynb";
    this.notebook = new URL(`_sources/chapters/${name}`, root);
    this.python = new Python(index, root, name);
    this.python.onready = () => {
      formulas.katex().catch(() => {}); // small, and tables want it when there may be no network any more
      this.keepForOffline();
    };
    this.edits = new Edits(location.pathname, cells);
    for (const cell of cells) this.take(cell);
    this.download();
  }

  // The rest of the styles; a page that nobody presses does without them.
  style() {
    return new Promise((resolve) => {
      const link = Object.assign(document.createElement("link"), {
        rel: "stylesheet",
        onload: resolve,
        onerror: resolve,
      });
      link.href = new URL(`live/${this.index.files["live.css"].name}`, this.root);
      document.head.append(link);
    });
  }

  take(cell) {
    cell.outputs = new Outputs(cell, this.make);
    cell.reset = this.button("Reset", `Reset cell ${cell.at + 1} to what it was`, () => this.reset(cell));
    cell.stop = this.button("Stop", `Stop cell ${cell.at + 1}`, () => this.python.stop(cell.job));
    cell.stop.hidden = true;
    cell.mark = this.make("span", "live-edited");
    cell.run.after(cell.stop, cell.reset);
    cell.progress = this.make("progress");
    cell.progress.setAttribute("aria-label", "Loading");
    cell.progress.hidden = true;
    cell.bytes = this.make("span", "live-bytes");
    cell.state.before(cell.progress, cell.bytes);
    cell.state.after(cell.mark);
    cell.area.addEventListener("input", () => this.typed(cell));
    cell.area.addEventListener("keydown", (event) => cell.kind !== "steps" && indent(event, cell.area));
    if (cell.area.value !== cell.text) this.edits.keep(cell, cell.area.value); // typed before this was here
    if (this.edits.conflict(cell)) this.conflict(cell);
    else if (this.edits.changed(cell)) cell.area.value = this.edits.kept.get(cell.at).now;
    if (cell.area.value !== cell.text) this.colour(cell);
    this.sayEdited(cell);
  }

  // Editing

  edit(cell) {
    if (cell.kind === "steps") cell.derivation ||= new Derivation(cell, this);
    if (cell.kind === "answer" && cell.area.value === cell.text) {
      // The first dots are where the answer goes: typing replaces them.
      const place = cell.text.indexOf("...");
      cell.area.setSelectionRange(place, place + 3);
    }
  }

  typed(cell) {
    this.edits.keep(cell, cell.area.value);
    this.colour(cell);
    cell.derivation?.show();
    this.decide(cell, null);
    if (!cell.job) cell.state.textContent = "";
    this.sayEdited(cell);
    this.download();
  }

  colour(cell) {
    const lines = cell.kind === "steps" ? escape(cell.area.value) : highlight(cell.area.value);
    cell.pre.innerHTML = apart(lines);
  }

  sayEdited(cell) {
    const changed = this.edits.changed(cell) && !this.edits.conflict(cell);
    cell.reset.hidden = !changed;
    cell.mark.textContent = !changed
      ? ""
      : this.edits.blocked
        ? "edited; not kept, since this browser blocks storage"
        : "edited, kept on this device";
    cell.node.classList.toggle("live-changed", changed);
  }

  reset(cell) {
    cell.area.value = cell.text;
    this.typed(cell);
    cell.derivation?.forget();
    cell.area.focus();
  }

  // The chapter has changed since the reader changed this cell: both are there, and the reader decides.
  conflict(cell) {
    const { was, now } = this.edits.kept.get(cell.at);
    cell.area.readOnly = true; // until then; or what is typed would take the place of what is kept
    const note = this.make("div", "live-conflict");
    note.setAttribute("role", "note");
    note.append(
      this.make("p", "", "This cell has changed since you edited it. Here is the new one; yours is kept."),
    );
    const yours = this.make("details");
    yours.append(this.make("summary", "", "Yours"), this.make("pre", "", now));
    const before = this.make("details");
    before.append(this.make("summary", "", "What you had edited"), this.make("pre", "", was));
    const decide = (text, keep) =>
      this.button(text, text, () => {
        cell.area.value = keep ? now : cell.text;
        cell.area.readOnly = false;
        note.remove();
        this.typed(cell);
        cell.run.focus();
      });
    note.append(yours, before, decide("Keep yours", true), decide("Take the new one", false));
    cell.bar.before(note);
  }

  // Running

  run(cell) {
    if (cell.job) return;
    const answer = cell.kind !== "code";
    if (cell.kind === "steps") this.edit(cell);
    cell.outputs.begin();
    this.decide(cell, null);
    const hear = (type, content) => this.hear(cell, type, content);
    cell.job = { sources: this.sources(cell), at: cell.at, answer, hear };
    cell.stop.hidden = false;
    cell.run.setAttribute("aria-disabled", "true");
    this.python.run(cell.job);
  }

  // A cell may use those above it; of solutions, only those of its own exercise.
  sources(cell) {
    const own = cell.node.closest("details.solution");
    return this.cells
      .filter((other) => {
        const solution = other.node.closest("details.solution");
        return other.at <= cell.at && (!solution || solution === own);
      })
      .map((other) => [other.at, other.before + other.area.value + other.after]);
  }

  hear(cell, type, content) {
    const say = (text) => {
      if (cell.state.textContent !== text) cell.state.textContent = text;
    };
    const edited = () => cell.area.value !== cell.text;
    if (type === "waiting") say("Waiting for the cell that runs");
    else if (type === "starting") say(`Starting Python (once, ${this.megabytes()} MB)`);
    else if (type === "progress") this.load(cell, content);
    else if (type === "loading")
      say(`Loading ${LAYERS[content]} (once, ${megabytes(this.index.files[content].bytes)} MB)`);
    else if (type === "running") {
      this.load(cell, null);
      say("Running");
    } else if (type === "stream") cell.outputs.stream(content);
    else if (type === "note") cell.outputs.note(content);
    else if (type === "display") cell.outputs.display(content, edited());
    else this.ended(cell, type, content, say);
  }

  ended(cell, type, content, say) {
    cell.job = null;
    if (document.activeElement === cell.stop) cell.run.focus();
    cell.stop.hidden = true;
    cell.run.removeAttribute("aria-disabled");
    this.load(cell, null);
    if (type === "stopped") {
      cell.outputs.leave();
      say("Stopped");
    } else if (type === "failed" || type === "lost") {
      cell.outputs.leave();
      const again = cell.run.textContent;
      const what = type === "lost" ? "Check the connection and press" : "Press";
      say(`${type === "lost" ? "" : "Python stopped: "}${content}. ${what} ${again} to try again.`);
    } else this.done(cell, content, say);
    cell.node.dispatchEvent(new CustomEvent("live:end", { bubbles: true, detail: { type, content } }));
  }

  done(cell, { seconds, error, verdict, said, derivation }, say) {
    const time = `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
    if (error && verdict !== "wrong") {
      cell.outputs.error(error, this.cells);
      say(`Failed after ${time}`);
    } else if (!verdict) {
      cell.outputs.end();
      say(`Done in ${time}`);
    } else {
      if (error) {
        const text = error.text || `What line ${error.line} asks for does not hold.`;
        cell.outputs.add(this.make("p", "live-message", text));
      }
      if (derivation) cell.derivation.judge(derivation);
      if (derivation || verdict === "unanswered") cell.outputs.hide();
      else cell.outputs.end();
      say(said || VERDICTS[verdict] || UNANSWERED[cell.kind]);
    }
    this.decide(cell, verdict);
  }

  // The cell, and the state of its exercise, show whether the answer is right.
  decide(cell, verdict) {
    for (const kind of ["right", "wrong"]) {
      cell.node.classList.toggle(`live-${kind}`, verdict === kind);
      cell.state.classList.toggle(kind, verdict === kind);
    }
  }

  megabytes() {
    return Math.round(FIRST.reduce((sum, key) => sum + this.index.files[key].bytes, 0) / 1e6);
  }

  load(cell, part) {
    cell.progress.hidden = !part;
    cell.bytes.textContent = part ? `${megabytes(part.done)} of ${megabytes(part.total)} MB` : "";
    if (part) Object.assign(cell.progress, { max: part.total, value: part.done });
  }

  // Beside the page

  // The line above the text gives the notebook as it is, and as the reader has changed it.
  download() {
    const clean = document.querySelector(".download");
    if (!clean) return;
    const some = this.cells.some((cell) => this.edits.changed(cell));
    if (!this.own) {
      this.own = this.button("with your changes", "Download the notebook with your changes", () => this.save());
      clean.after(this.own);
    }
    this.own.hidden = !some;
  }

  async save() {
    const reply = await fetch(this.notebook);
    const notebook = withEdits(await reply.json(), this.cells, this.edits);
    const file = new Blob([JSON.stringify(notebook, null, 1)], { type: "application/x-ipynb+json" });
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(file),
      download: this.notebook.pathname.split("/").pop(),
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // A service worker keeps what is loaded, so that the next visit needs no network. All works without one, too.
  async keepForOffline() {
    if (this.kept || !navigator.serviceWorker) return;
    this.kept = true;
    try {
      await navigator.serviceWorker.register(new URL("offline.js", this.root), { scope: this.root.pathname });
      const { active } = await navigator.serviceWorker.ready;
      const loaded = performance.getEntriesByType("resource").map((entry) => entry.name.split("#")[0]);
      const files = [...FIRST, "worker.js"].map(
        (key) => new URL(`live/${this.index.files[key].name}`, this.root).href,
      );
      const own = [...loaded, ...files, formulas.address, location.href.split("#")[0], this.notebook.href].filter((url) =>
        url.startsWith(this.root.href),
      );
      active.postMessage({ keep: [...new Set(own)] });
    } catch (error) {
      /* not allowed here, or an insecure address */
    }
  }
}

// Enter goes on at the depth of the line, one deeper behind a colon; Backspace goes back by one. Tab is left to those
// who walk through the page with it.
function indent(event, area) {
  const { value, selectionStart: at, selectionEnd: end } = area;
  const line = value.slice(value.lastIndexOf("\n", at - 1) + 1, at);
  const depth = /^ */.exec(line)[0];
  if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.isComposing) {
    event.preventDefault();
    put(area, "\n" + depth + (line.trimEnd().endsWith(":") ? "    " : ""));
  } else if (event.key === "Backspace" && at === end && line && !line.trim() && line.length % 4 === 0) {
    event.preventDefault();
    area.setSelectionRange(at - 4, at);
    document.execCommand("delete");
  }
}

function put(area, text) {
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  }
}
