// Puts what a cell prints and shows where its stored output stands, in the form that the page gives it.

const ROLES = { thead: "rowgroup", tbody: "rowgroup", tr: "row", th: "columnheader", td: "cell" };

// Lets an image, or a source of one, show a drawing at its size.
function drawn(node, attribute, svg) {
  // The end of the address lets the page's rules for drawings hold here too.
  node[attribute] = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" })) + "#.svg";
  const size = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg);
  if (size) [node.width, node.height] = size.slice(1).map((side) => Math.round((side * 4) / 3));
  return node;
}

export class Outputs {
  constructor(cell, make) {
    this.cell = cell;
    this.make = make;
    this.box = cell.node.querySelector(".cell_output");
    if (!this.box) {
      this.box = make("div", "cell_output docutils container");
      cell.bar.after(this.box);
    }
    // Captions, numbers, alternative texts and places to link to stay, whatever is drawn above them.
    this.figures = [...this.box.querySelectorAll("figure")];
    this.alts = this.figures.map((figure) => figure.querySelector("img")?.alt || "");
  }

  // What stands there is of an earlier run, until there is something new.
  begin() {
    this.box.classList.add("live-old");
    this.box.classList.remove("live-stored");
    this.fresh = true;
    this.drawn = 0;
    this.text = null;
    this.turn = Promise.resolve();
  }

  clear() {
    if (!this.fresh) return;
    this.fresh = false;
    this.box.replaceChildren();
    this.box.classList.remove("live-old");
  }

  add(node, keep = null) {
    this.clear();
    this.text = keep;
    this.box.append(node);
    return node;
  }

  stream(text) {
    if (!this.text) {
      const output = this.make("div", "output stream highlight-myst-ansi notranslate");
      const pre = this.make("pre");
      output.append(this.make("div", "highlight"));
      output.firstChild.append(pre);
      this.add(output, pre);
      pre.tabIndex = -1;
    }
    this.text.append(text);
  }

  note(text) {
    this.add(this.make("p", "live-note", text));
  }

  display(data, edited) {
    if (data["image/svg+xml"]) this.figure(data, edited);
    else if (data["text/html"]) this.html(data["text/html"]);
    else if (data["text/latex"]) this.latex(data["text/latex"]);
    else this.plain(data["text/plain"]);
  }

  plain(text) {
    const output = this.make("div", "output text_plain highlight-myst-ansi notranslate");
    output.append(this.make("div", "highlight"));
    output.firstChild.append(this.make("pre", "", text + "\n"));
    this.add(output);
  }

  latex(text) {
    const output = this.make("div", "output text_latex math");
    output.append(this.make("code", "tex", text.replace(/^\$+|\$+$/g, "")));
    this.add(output);
    formulas.typeset(output, true);
  }

  figure(data, edited) {
    const place = this.drawn++;
    const image = drawn(new Image(), "src", data["image/svg+xml"]);
    const alt = this.alts[place];
    image.alt = !alt
      ? "A figure drawn by this cell"
      : edited
        ? `Drawn by the changed cell. Before the change: ${alt}`
        : alt;
    const figure = this.figures[place];
    if (!figure) return void this.add(this.make("div", "output image_svg")).append(image);
    const old = figure.querySelector("img");
    const source = figure.querySelector("source");
    for (const address of [old.src, source?.srcset || ""]) {
      if (address.startsWith("blob:")) URL.revokeObjectURL(address.split("#")[0]);
    }
    const narrow = data["image/x-narrow+svg"];
    if (source && narrow) drawn(source, "srcset", narrow);
    else source?.remove();
    old.replaceWith(image);
    this.add(figure);
  }

  html(text) {
    const output = this.make("div", "output text_html");
    output.innerHTML = text;
    const explorer = output.querySelector("slopes-explorer");
    const figure = explorer && this.figures[this.drawn++];
    if (figure) {
      figure.querySelector("slopes-explorer").replaceWith(explorer);
      this.add(figure);
      return;
    }
    this.add(output);
    for (const table of output.querySelectorAll("table")) this.table(table);
    formulas.typeset(output);
  }

  // As tools make them when the book is built: the checker's tables have roles, and link to the equations.
  table(table) {
    table.classList.add("table");
    if (!/^(label|line)$/.test(table.querySelector("th")?.textContent)) return;
    table.className = "checked";
    table.setAttribute("role", "table");
    for (const [tag, role] of Object.entries(ROLES)) {
      for (const node of table.querySelectorAll(tag)) node.setAttribute("role", role);
    }
    for (const code of table.querySelectorAll("code.label")) {
      const number = document.getElementById(`equation-${code.textContent}`)?.querySelector(".eqno");
      if (number) {
        const link = this.make("a", "", number.firstChild.textContent.trim());
        link.href = `#equation-${code.textContent}`;
        code.replaceWith(link);
      } else if (!code.textContent) code.remove();
    }
  }

  // One sentence that says what, where; the traceback for those who want it.
  error(error, cells) {
    const output = this.make("div", "output live-error");
    const message = this.make("p");
    const where = this.make(error.cell === this.cell.at ? "span" : "a", "", `Cell ${error.cell + 1}`);
    if (error.cell !== this.cell.at) where.href = `#${cells[error.cell].node.id}`;
    message.append(where, error.line ? `, line ${error.line}: ` : ": ", this.make("strong", "", error.name));
    message.append(error.text ? `: ${error.text}` : "");
    output.append(message);
    for (const [at, text] of Object.entries(error.unread || {})) {
      output.append(this.make("p", "", `Cell ${+at + 1}, which may define it, cannot be read (${text}).`));
    }
    const more = this.make("details");
    more.append(
      this.make("summary", "", "Traceback"),
      this.make(
        "pre",
        "",
        error.traceback.replace(/<cell (\d+)>/g, (_, n) => `cell ${+n + 1}`),
      ),
    );
    output.append(more);
    this.add(output);
  }

  end() {
    this.clear();
  }

  // An exercise that nobody has answered shows nothing.
  hide() {
    this.clear();
    this.box.replaceChildren();
    this.box.classList.add("live-stored");
  }

  // A run that came to nothing leaves what was there.
  leave() {
    this.box.classList.remove("live-old");
    this.fresh = false;
  }
}
