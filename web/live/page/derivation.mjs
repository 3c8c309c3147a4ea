// The box for a derivation: shows each line as a formula while it is typed, and what the checker says about it.

const WORDS = {
  verified: "holds",
  defined: "defines",
  start: "",
  refuted: "does not hold",
  unread: "is not understood",
  undecided: "cannot be decided",
  conditional: "holds only in part",
};
const GOOD = new Set(["verified", "defined", "start", "exempt"]);
const OPEN = new Set(["conditional", "undecided", "unread"]);
// What is tiresome to type on a telephone: the label, and what is put in; the bar is where the selection goes.
const PALETTE = [
  ["=", "= |"],
  ["a/b", "\\frac{|}{}"],
  ["xⁿ", "^{|}"],
  ["xₙ", "_{|}"],
  ["( )", "\\left( | \\right)"],
  ["d/dx", "\\frac{d}{dx} |"],
  ["·", "\\cdot |"],
  ["√", "\\sqrt{|}"],
  ["′", "'|"],
  ["%", "   % |"],
];

// The steps in a text, as the checker divides it: one a line, an environment over several; comments apart.
export function steps(text) {
  const found = [];
  let open = "";
  for (const line of text.split("\n")) {
    const whole = open + line;
    if (whole.split("\\begin{").length > whole.split("\\end{").length) {
      open = whole + " ";
      continue;
    }
    open = "";
    const [, latex, rule] = /^((?:[^%\\]|\\[^])*)(?:%(.*))?$/.exec(whole.trim()) || [null, whole, ""];
    if (latex.trim()) found.push({ latex: latex.trim(), rule: (rule || "").trim() });
  }
  if (open.trim()) found.push({ latex: open.trim(), rule: "" });
  return found;
}

// A text as a sentence, with a capital and a full stop where it has no mark of its own at the end.
const whole = (text) => text[0].toUpperCase() + text.slice(1) + (/[.?!]$/.test(text) ? "" : ".");

const sort = (kind) => (GOOD.has(kind) ? "live-holds" : OPEN.has(kind) ? "live-open" : "live-fails");

export class Derivation {
  constructor(cell, { make, button }) {
    this.cell = cell;
    this.make = make;
    this.list = make("ol", "live-lines");
    this.list.setAttribute("aria-label", "The steps of your derivation");
    this.sum = make("p", "state");
    this.sum.hidden = true;
    this.sum.setAttribute("role", "status");
    const keys = make("div", "live-keys");
    keys.setAttribute("role", "group");
    keys.setAttribute("aria-label", "Put in");
    const own = [
      ...new Set(cell.text.match(/\\(?!frac|left|right|cdot|sqrt|begin|end|text)[a-zA-Z]+/g) || []),
    ].slice(0, 6);
    for (const [label, text] of [...PALETTE, ...own.map((name) => [name, `${name} |`])]) {
      keys.append(button(label, `Put in ${text.replace("|", "").trim()}`, () => this.insert(text)));
    }
    cell.bar.before(keys, this.list);
    cell.bar.after(this.sum);
    this.show();
    formulas.katex().then(
      (library) => {
        this.katex = library;
        this.show();
      },
      () => {},
    );
  }

  insert(text) {
    const { area } = this.cell;
    const [before, after] = text.split("|");
    const chosen = area.value.slice(area.selectionStart, area.selectionEnd);
    area.focus();
    // The browser's own way of typing, which undo knows; and where there is none, the plain one.
    const whole = before + chosen + after;
    const start = area.selectionStart;
    if (!document.execCommand("insertText", false, whole))
      area.setRangeText(whole, start, area.selectionEnd, "end");
    const place =
      start +
      before.length +
      (chosen && after.includes("{}") ? chosen.length + after.indexOf("{}") + 1 : chosen.length);
    area.setSelectionRange(place, place);
    area.dispatchEvent(new Event("input"));
  }

  // The lines as they stand; a verdict stays with its line until that is changed.
  show() {
    const old = [...this.list.children];
    const found = steps(this.cell.area.value);
    while (old.length > found.length) old.pop().remove();
    found.forEach(({ latex, rule }, k) => {
      const item = old[k] || this.list.appendChild(this.item());
      if (item.latex === latex && item.rule === rule && item.shown === !!this.katex) return;
      if (item.latex !== latex) this.mark(item, null);
      Object.assign(item, { latex, rule, shown: !!this.katex });
      const html = this.katex && formulas.render(this.katex, latex, true);
      const formula = item.querySelector(".live-formula");
      formula.classList.toggle("live-raw", !html);
      if (html) formula.innerHTML = html;
      else formula.textContent = latex;
      item.querySelector(".live-rule").textContent = rule;
    });
    this.sum.hidden ||= found.some((_, k) => !this.list.children[k].kind);
  }

  item() {
    const item = this.make("li");
    item.append(
      this.make("div", "live-formula"),
      this.make("span", "live-rule"),
      this.make("span", "live-mark"),
      this.make("p", "live-reason"),
    );
    item.querySelector(".live-reason").hidden = true;
    return item;
  }

  mark(item, line) {
    item.kind = line?.kind || "";
    item.className = !line || line.kind === "start" ? "" : sort(line.kind);
    item.querySelector(".live-mark").textContent = line ? (WORDS[line.kind] ?? line.kind) : "";
    const reason = item.querySelector(".live-reason");
    const text =
      line && !GOOD.has(line.kind)
        ? [line.hint, line.reason]
            .filter(Boolean)
            .map(whole)
            .join(" ")
        : "";
    reason.hidden = !text;
    if (text) formulas.sentence(reason, text);
  }

  // What the checker said: a verdict for each line, and one sentence about the whole.
  judge({ ok, said, lines }) {
    this.show();
    lines.forEach((line, k) => this.list.children[k] && this.mark(this.list.children[k], line));
    const wrong = lines.findIndex((line) => !GOOD.has(line.kind));
    this.sum.hidden = false;
    this.sum.classList.toggle("right", ok);
    this.sum.classList.toggle("wrong", !ok);
    formulas.sentence(
      this.sum,
      wrong < 0 ? whole(said) : `Line ${wrong + 1} ${WORDS[lines[wrong].kind] ?? lines[wrong].kind}.`,
    );
  }

  forget() {
    for (const item of this.list.children) this.mark(item, null);
    this.sum.hidden = true;
  }
}
