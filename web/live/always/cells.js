// Gives every code cell of a page a Run button and a place to edit it, and exercises a box for the answer. Nothing
// is loaded before the first press; then main.mjs takes over what stands here, and Python starts.
(() => {
  const found = [...document.querySelectorAll(".cell[data-cell]")];
  if (!found.length || typeof WebAssembly !== "object" || location.protocol === "file:") return;
  const html = document.documentElement;
  const root = new URL(html.dataset.content_root || "./", location.href);

  function make(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  }

  function button(text, label, press) {
    const node = make("button", "", text);
    node.type = "button";
    node.setAttribute("aria-label", label);
    node.addEventListener("click", press);
    return node;
  }

  // A text area over the coloured code: typing is the browser's own, and the colours are what lies behind.
  function editor(pre, label) {
    const area = make("textarea", "live-area");
    Object.assign(area, { value: pre.textContent.replace(/\n$/, ""), spellcheck: false, rows: 1 });
    for (const [name, value] of [
      ["autocapitalize", "off"],
      ["autocorrect", "off"],
      ["aria-label", label],
    ]) {
      area.setAttribute(name, value);
    }
    // Without colours, until main.mjs is here.
    area.addEventListener("input", () => {
      pre.textContent = area.value + "\n";
    });
    pre.setAttribute("aria-hidden", "true");
    pre.after(area);
    pre.parentNode.classList.add("live-edit");
    return area;
  }

  // The lines of a cell before, in and after an answer become blocks of their own.
  function split(pre, first, last) {
    const lines = [...pre.querySelectorAll(".line")].map((line) => line.outerHTML);
    const block = pre.closest(".highlight-python, .highlight-ipython3") || pre.parentNode.parentNode;
    return [lines.slice(0, first - 1), lines.slice(first - 1, last), lines.slice(last)].map((part) => {
      const copy = block.cloneNode(true);
      const box = copy.querySelector("pre");
      box.innerHTML = part.join("");
      const blank = (line) => line && !line.textContent.trim();
      while (blank(box.firstElementChild)) box.firstElementChild.remove();
      while (blank(box.lastElementChild)) box.lastElementChild.remove();
      return box.firstElementChild ? copy : null;
    });
  }

  // An exercise becomes a box: the lines to be answered, with those before them, and the rest in a fold.
  function answerBox(cell, input) {
    const { node, source } = cell;
    cell.kind = node.dataset.kind;
    const [first, last] = node.dataset.answer.split("-").map(Number);
    const lines = source.split("\n").map((line) => line + "\n");
    cell.before = lines.slice(0, first - 1).join("");
    cell.after = ("\n" + lines.slice(last).join("")).slice(0, -1);
    const [above, answer, below] = split(cell.pre, first, last);
    const steps = cell.kind === "steps";
    const box = make("div", steps ? "live-answer live-steps" : "live-answer");
    const title = make("div", "live-title", steps ? "Your derivation" : "Your answer");
    if (steps) title.append(make("small", "", "one step a line, in LaTeX; name the rule after a %"));
    const goal = node.querySelector(".live-goal");
    if (goal) {
      const show = make("p", "live-show", "Show that ");
      show.append(goal.content);
      title.append(show);
    }
    const rest = make("details", "live-rest");
    rest.append(make("summary", "", steps ? "The code around it" : "How it is checked"));
    rest.append(...[steps && above, below].filter(Boolean));
    const frame = make("div", "live-frame");
    frame.append(...[!steps && above, answer].filter(Boolean));
    box.append(title, frame, cell.bar);
    input.replaceChildren(box);
    const folds = node.closest(".card-exercise").querySelector(".folds");
    folds.insertBefore(rest, folds.querySelector(".solution"));
    cell.pre = answer.querySelector("pre");
    const output = node.querySelector(".cell_output");
    if (output) {
      output.classList.add("live-stored");
      box.append(output);
    }
    cell.state = node.querySelector(".state"); // of the exercise
  }

  const NAMES = { code: "Python code", answer: "Your answer, in Python", steps: "Your derivation, in LaTeX" };

  // What one can press, and what came of it.
  function controls(cell, press) {
    const code = cell.kind === "code";
    const name = `cell ${cell.at + 1}`;
    cell.area = editor(cell.pre, NAMES[cell.kind] + (code ? `, ${name}` : ""));
    cell.text = cell.area.value;
    cell.run = button(code ? "Run" : "Check", code ? `Run ${name}` : "Check the answer", () => press("run"));
    cell.run.title = "Shift+Enter";
    cell.run.classList.add("live-run");
    cell.state ||= make("span");
    cell.state.classList.add("live-state");
    cell.state.setAttribute("role", "status");
    const number = make("span", "live-number", `Cell ${cell.at + 1}`);
    cell.bar.append(...(code ? [cell.state, number, cell.run] : [cell.run, cell.state]));
    cell.area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.shiftKey || event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      press("run");
    });
    cell.area.addEventListener("focus", () => press("edit"));
  }

  const cells = found.map((node, at) => {
    const input = node.querySelector(".cell_input");
    const pre = input.querySelector("pre");
    const source = pre.textContent.replace(/\n$/, "");
    const bar = make("div", "live-bar");
    const cell = { node, at, source, pre, bar, kind: "code", before: "", after: "" };
    if (!node.id) node.id = `cell-${at + 1}`;
    if (node.dataset.answer) answerBox(cell, input);
    else (input.closest(".cell > details") || input).after(bar);
    controls(cell, (what) =>
      start().then(
        (live) => live[what](cell),
        (error) => {
          loading = null;
          if (what === "run")
            cell.state.textContent =
              `This could not be loaded (${error.message}). ` +
              `Check the connection and press ${cell.run.textContent} again.`;
        },
      ),
    );
    return cell;
  });

  let loading = null;
  function start() {
    loading ||= (async () => {
      const reply = await fetch(new URL("live/index.json", root), { cache: "no-cache" });
      if (!reply.ok) throw new Error(reply.status);
      const index = await reply.json();
      const main = await import(new URL(`live/${index.main}`, root));
      return main.open({ cells, index, root, make, button });
    })();
    return loading;
  }

  // What the reader changed on an earlier visit comes back at once.
  let kept = null;
  try {
    kept = localStorage.getItem(`live:${location.pathname}`);
  } catch (error) {
    /* storage is blocked */
  }
  if (kept)
    start().catch(() => {
      loading = null;
    });
})();
