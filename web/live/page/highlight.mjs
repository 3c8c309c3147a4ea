// Colours Python while it is typed, with the classes that Pygments gives it on the page.

const kinds = {};
for (const [kind, words] of Object.entries({
  k: `as assert async await break class continue def del elif else except finally for global if lambda nonlocal
    pass raise return try while with yield`,
  kc: "True False None",
  kn: "import from",
  ow: "and or not in is",
  bp: "self cls",
  nb: `abs all any ascii bin bool bytearray bytes callable chr classmethod compile complex delattr dict dir divmod
    enumerate eval exec filter float format frozenset getattr globals hasattr hash help hex id input int isinstance
    issubclass iter len list locals map max memoryview min next object oct open ord pow print property range repr
    reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip`,
})) {
  for (const word of words.split(/\s+/)) kinds[word] = kind;
}

const TOKENS = [
  ["c1", /#[^\n]*/],
  ["string", /([rbfu]{0,2})("""|''')[^]*?(?:\2|$)/i],
  ["string", /([rbfu]{0,2})(["'])(?:\\.|(?!\2)[^\\\n])*\2?/i],
  ["mh", /0[xX][\da-fA-F_]+/],
  ["mf", /(?:\d[\d_]*\.\d*|\.\d+)(?:[eE][+-]?\d+)?j?|\d[\d_]*[eE][+-]?\d+j?/],
  ["mi", /\d[\d_]*/],
  ["name", /[\p{L}_][\p{L}\p{N}_]*/u],
  ["o", /\.\.\.|:=|\/\/=?|\*\*=?|<<|>>|->|[-+*/%@&|^~<>=!]=?|\./],
  ["p", /[()[\]{}:,;]/],
  ["", /\s+|[^]/],
].map(([kind, pattern]) => [kind, new RegExp(pattern.source, pattern.flags + "y")]);

export const escape = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
const wrap = (kind, line) => (kind && line ? `<span class="${kind}">${escape(line)}</span>` : escape(line));
// A span ends with its line, as those on the page do.
const span = (kind, text) =>
  text
    .split("\n")
    .map((line) => wrap(kind, line))
    .join("\n");

export function highlight(source) {
  let html = "",
    place = 0;
  const before = { last: "", statement: "" }; // the token before, and the word that began an import
  while (place < source.length) {
    for (const [kind, pattern] of TOKENS) {
      pattern.lastIndex = place;
      const found = pattern.exec(source);
      if (!found || !found[0]) continue;
      const text = found[0];
      if (kind === "string") html += string(found, before);
      else if (kind === "name") html += span(name(text, before), text);
      else html += span(kind, text);
      if (text.includes("\n") && !kind) before.statement = "";
      if (text.trim() && kind !== "c1") before.last = text;
      place += text.length;
      break;
    }
  }
  return html;
}

function name(text, before) {
  const { last, statement } = before;
  if (text === "import" || text === "from") before.statement = statement === "from" ? "names" : text;
  if (last === ".") return statement === "import" || statement === "from" ? "nn" : "n";
  if (last === "def") return /^__\w+__$/.test(text) ? "fm" : "nf";
  if (last === "class") return "nc";
  if (kinds[text]) return kinds[text];
  if (/^[A-Z]\w*(Error|Exception|Warning)$/.test(text)) return "ne";
  return statement === "import" || statement === "from" ? "nn" : "n";
}

function string([whole, prefix, quote], { last }) {
  const kind = quote.length === 3 && (!last || last === ":") ? "sd" : quote[0] === "'" ? "s1" : "s2";
  const text = whole.slice(prefix.length);
  const parts = [];
  // What stands in braces is code; escapes have a colour of their own.
  const pattern = /f/i.test(prefix)
    ? /(\{\{|\}\}|\\.)|\{([^{}!:]+)((?:![rsa])?(?::[^{}]*)?)\}/gs
    : /r/i.test(prefix)
      ? /$^/g
      : /(\\.)/gs;
  let place = 0;
  for (const found of text.matchAll(pattern)) {
    parts.push(span(kind, text.slice(place, found.index)));
    parts.push(
      found[1]
        ? span("se", found[1])
        : span("si", "{") + highlight(found[2]) + span(kind, found[3]) + span("si", "}"),
    );
    place = found.index + found[0].length;
  }
  return span("sa", prefix) + parts.join("") + span(kind, text.slice(place));
}

// Each line in an element of its own that says how far it is indented, as on the page: one that wraps can hang.
export function apart(html) {
  const depth = (line) => Math.min(3, Math.floor(/^ */.exec(line)[0].length / 4));
  return html
    .split("\n")
    .map((line) => `<span class="line in${depth(line)}">${line}\n</span>`)
    .join("");
}
