// Formulas that a page does not show at first, by the KaTeX that set the others; loaded when the first is needed.
const formulas = (() => {
  const address = new URL(document.currentScript.dataset.katex, location).href;
  let loading;

  function katex() {
    loading ||= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve(self.katex);
      script.onerror = () => {
        loading = null;
        reject(new Error("KaTeX could not be loaded"));
      };
      document.head.append(script);
    });
    return loading;
  }

  // HTML of a formula, or null where it cannot be read.
  function render(library, latex, displayMode = false) {
    // A line that was broken for the page keeps the marks of it, and needs none elsewhere.
    for (const text of [latex, latex.replace(/\\\\(?:\[[^\]]*\])?\s*|&\s*(?:\\q?quad)?/g, " ")]) {
      try {
        return library.renderToString(text, { displayMode, strict: "error", throwOnError: true });
      } catch (error) {
        /* the other one, or none */
      }
    }
    return null;
  }

  // Shows the formulas in what a cell gave.
  async function typeset(node, displayMode = false) {
    const codes = [...node.querySelectorAll("code.tex, .math.inline, .math.block")];
    if (!codes.length) return;
    const library = await katex().catch(() => null);
    if (!library) return;
    for (const code of codes) {
      const html = render(library, code.textContent, displayMode || code.matches(".block"));
      if (html === null) continue;
      const span = document.createElement("span");
      span.className = code.matches("code") ? "" : "math";
      span.innerHTML = html;
      code.replaceWith(span);
    }
    node.dispatchEvent(new Event("typeset", { bubbles: true }));
  }

  // A text in which formulas stand between dollar signs.
  async function sentence(node, text) {
    node.replaceChildren();
    for (const [k, part] of text.split("$").entries()) {
      if (!(k % 2)) node.append(part);
      else node.append(Object.assign(document.createElement("code"), { className: "tex", textContent: part }));
    }
    await typeset(node);
  }

  // A report repeats every equality of its page: its formulas are set when a reader opens it.
  for (const report of document.querySelectorAll("details.report")) {
    report.addEventListener("toggle", () => typeset(report), { once: true });
  }
  return { address, katex, render, typeset, sentence };
})();
