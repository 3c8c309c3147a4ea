// What the reader has changed, kept on this device: for each cell its text when it was changed, and what became of it.

export class Edits {
  constructor(page, cells) {
    this.key = `live:${page}`;
    this.cells = cells;
    this.kept = new Map(); // place on the page → { was, now }
    this.blocked = false;
    this.read();
  }

  // A cell may have moved since; and one that has changed since is a conflict, which the reader decides.
  read() {
    let stored = [];
    try {
      stored = JSON.parse(localStorage.getItem(this.key)) || [];
    } catch (error) {
      this.blocked = !(error instanceof SyntaxError);
    }
    if (!Array.isArray(stored)) return;
    for (const { at, was, now } of stored) {
      const same = this.cells.filter((cell) => cell.text === was && !this.kept.has(cell.at));
      same.sort((one, other) => Math.abs(one.at - at) - Math.abs(other.at - at));
      const cell = same[0] || this.cells[at];
      if (cell && !this.kept.has(cell.at)) this.kept.set(cell.at, { was, now });
    }
  }

  changed(cell) {
    return this.kept.has(cell.at);
  }

  conflict(cell) {
    const kept = this.kept.get(cell.at);
    return kept !== undefined && kept.was !== cell.text;
  }

  keep(cell, now) {
    if (now === cell.text) this.kept.delete(cell.at);
    else this.kept.set(cell.at, { was: cell.text, now });
    this.write();
  }

  write() {
    const list = [...this.kept].map(([at, { was, now }]) => ({ at, was, now }));
    try {
      if (list.length) localStorage.setItem(this.key, JSON.stringify(list));
      else localStorage.removeItem(this.key);
      this.blocked = false;
    } catch (error) {
      this.blocked = true;
    }
  }
}

// A notebook with the reader's texts in place of its own. Outputs of changed cells, which would no longer
// belong to them, are left out.
export function withEdits(notebook, cells, edits) {
  const code = notebook.cells.filter((cell) => cell.cell_type === "code");
  for (const cell of cells) {
    if (!edits.changed(cell)) continue;
    const text = cell.before + cell.area.value + cell.after;
    code[cell.at].source = text.split(/(?<=\n)/);
    code[cell.at].outputs = [];
    code[cell.at].execution_count = null;
  }
  return notebook;
}
