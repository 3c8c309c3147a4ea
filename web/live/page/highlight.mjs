// Colours Python while it is typed, with the classes that Pygments gives it on the page.

const KEYWORDS = "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield";
const BUILTINS = "abs all any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex delattr dict dir divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len list locals map max memoryview min next object oct open ord pow print property range repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip";
const keywords = new Set(KEYWORDS.split(" "));
const builtins = new Set(BUILTINS.split(" "));
const words = { and: "ow", or: "ow", not: "ow", in: "ow", is: "ow", import: "kn", from: "kn", True: "kc", False: "kc", None: "kc" };

const TOKENS = [
  ["c1", /#[^\n]*/],
  ["s", /([rbfu]{0,2})("""|''')[^]*?(?:\2|$)/i],
  ["s", /([rbfu]{0,2})(["'])(?:\\.|(?!\2)[^\\\n])*\2?/i],
  ["mi", /0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+/],
  ["mf", /(?:\d[\d_]*)?\.\d[\d_]*(?:[eE][+-]?\d+)?j?|\d[\d_]*\.(?!\w)(?:[eE][+-]?\d+)?|\d[\d_]*\.?[eE][+-]?\d+/],
  ["mi", /\d[\d_]*j?/],
  ["nd", /^@[\p{L}_][\p{L}\p{N}_.]*/u],
  ["n", /[\p{L}_][\p{L}\p{N}_]*/u],
  ["o", /:=|\/\/|\*\*|<<|>>|->|[-+*/%@&|^~<>=!]=?/],
  ["p", /[()[\]{}:,;.]+?/],
  ["", /\s+|[^]/],
].map(([kind, pattern]) => [kind, new RegExp(pattern.source, pattern.flags + "y")]);

const escape = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
const span = (kind, text) =>
  // A span ends with its line, as those on the page do.
  text.split("\n").map((line) => (kind && line ? `<span class="${kind}">${escape(line)}</span>` : escape(line))).join("\n");

export function highlight(source) {
  let html = "", place = 0, last = "";
  while (place < source.length) {
    for (const [kind, pattern] of TOKENS) {
      pattern.lastIndex = place;
      const found = pattern.exec(source);
      if (!found || !found[0]) continue;
      const text = found[0];
      html += colour(kind, text, found, last);
      if (text.trim() && kind !== "c1") last = text;
      place += text.length;
      break;
    }
  }
  return html;
}

function colour(kind, text, found, last) {
  if (kind === "s") {
    const prefix = found[1];
    const quote = found[2][0] === "'" ? "s1" : "s2";
    return (prefix ? span("sa", prefix) : "") + span(quote, text.slice(prefix.length));
  }
  if (kind !== "n") return text === "..." ? span("o", text) : span(kind, text);
  if (last === ".") return span("n", text);
  if (last === "def") return span("nf", text);
  if (last === "class") return span("nc", text);
  if (last === "from" || last === "import") return span("nn", text);
  if (words[text]) return span(words[text], text);
  if (keywords.has(text)) return span("k", text);
  return span(builtins.has(text) ? "nb" : "n", text);
}
