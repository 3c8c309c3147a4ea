// What a person types stays in this browser until `make grade` has read it from by-hand.csv.
const form = document.querySelector("form");
const entries = [...form.querySelectorAll("article")].map(article => ({
  article,
  task: article.dataset.task,
  rows: JSON.parse(article.dataset.rows), // [student, print of the answer]
  points: article.querySelector("input"),
  comment: article.querySelector("textarea"),
  fault: article.querySelector(".fault"),
  stands: article.dataset.stands !== "", // points that stay if nothing is typed
}));
const KINDS = ["points", "comment"];
const place = `marks ${location.pathname}`;
const said = document.querySelector("[role=status]");
const name = (entry, row, kind) => JSON.stringify([entry.task, ...row, kind]);
const words = field => field.value.trim().replace(/\s+/g, " ");
let file;

/** The browser's own store, where it has one for this page. */
function stored(value) {
  try {
    if (value === undefined) return JSON.parse(localStorage.getItem(place)) ?? {};
    localStorage.setItem(place, JSON.stringify(value));
  } catch {
    return {};
  }
}

/** Bring back what was typed, except where the marks have changed since. */
function restore() {
  const typed = stored();
  for (const entry of entries)
    for (const kind of KINDS)
      for (const row of entry.rows) {
        const [before, value] = typed[name(entry, row, kind)] ?? [];
        if (before === entry[kind].defaultValue) entry[kind].value = value;
      }
}

function keep() {
  const typed = {};
  for (const entry of entries)
    for (const kind of KINDS) {
      const { defaultValue, value } = entry[kind];
      if (value !== defaultValue)
        for (const row of entry.rows) typed[name(entry, row, kind)] = [defaultValue, value];
    }
  stored(typed);
}

/** How many answers have what is not in by-hand.csv yet. */
const unsaved = () => entries.filter(entry => KINDS.some(kind => entry[kind].value !== entry.saved[kind])).length;
const note = () => entries.forEach(entry => (entry.saved = Object.fromEntries(KINDS.map(kind => [kind, entry[kind].value]))));

/** Say beside what is typed why it is no points. */
function check({ points, fault }) {
  const shares = words(points).replaceAll(" ", "").replaceAll(",", ".").split("+");
  const parts = points.dataset.most.split("+").map(Number);
  const total = parts.reduce((sum, part) => sum + part, 0);
  const most = shares.length === 1 ? [total] : parts;
  const right = shares.length === most.length && shares.every((share, k) => /^\d+(\.\d+)?$/.test(share) && share <= most[k]);
  const each = parts.length > 1 ? `, nor at most ${points.dataset.most}` : "";
  const why = right || !words(points) ? "" : `“${words(points)}” is not a number from 0 to ${total}${each}.`;
  points.setCustomValidity(why);
  if (fault.textContent !== why) fault.textContent = why;
}

/** How many answers are left, as `make grade` counts them, and how many have what is no points. */
function tell() {
  const given = ({ points }) => words(points) && points.validity.valid;
  const left = entries.filter(entry => !given(entry) && !entry.stands && !entry.points.closest("details"));
  const wrong = entries.filter(({ points }) => !points.validity.valid);
  const count = list => {
    const all = list.reduce((sum, { rows }) => sum + rows.length, 0);
    return list.length < all ? `${all} (${list.length} different)` : all;
  };
  const more = unsaved();
  said.textContent = `Left to a person: ${count(left)}${wrong.length ? `; wrong: ${count(wrong)}` : ""}${more ? `; not saved: ${more}` : ""}.`;
}

/** The table that `make grade` reads; one row for each student. */
function table() {
  const lines = [["task", "student", "points", "comment", "answer"]];
  for (const { task, rows, points, comment } of entries)
    if (words(points) || words(comment))
      for (const [student, print] of rows) lines.push([task, student, words(points), words(comment), print]);
  const cell = text => `"${text.replaceAll('"', '""')}"`;
  return "\ufeff" + lines.map(line => line.map(cell).join(",") + "\r\n").join("");
}

/** Save where the person says, once; or, in a browser that cannot ask, among the downloads. */
async function save() {
  for (const field of form.querySelectorAll("details :invalid")) field.closest("details").open = true;
  if (!form.reportValidity()) return document.activeElement.select();
  if (window.showSaveFilePicker) {
    try {
      file ??= await showSaveFilePicker({ suggestedName: "by-hand.csv" });
      const writer = await file.createWritable();
      await writer.write(table());
      await writer.close();
      note();
      said.textContent = `Saved in ${file.name}.`;
    } catch (error) {
      file = undefined;
      said.textContent = error.name === "AbortError" ? "Not saved: press the button again." : `Not saved: ${error.message}`;
    }
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([table()], { type: "text/csv" }));
  link.download = "by-hand.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  note();
  said.textContent = "Saved among your downloads.";
}

/** Go to the next points that are still to be given. */
function onward(field) {
  const here = entries.findIndex(entry => KINDS.some(kind => entry[kind] === field));
  const next = entries.slice(here + 1).find(entry => !words(entry.points) && entry.points.checkVisibility());
  if (!next) return form.querySelector(".bar button").focus();
  next.points.focus({ preventScroll: true });
  next.article.scrollIntoView(); // it is read from its first line on
}

form.addEventListener("input", event => {
  entries.filter(entry => entry.points === event.target).forEach(check);
  keep();
  tell();
});
form.addEventListener("click", event => {
  const entry = event.target.matches(".take") && entries.find(({ article }) => article.contains(event.target));
  if (!entry) return;
  entry.points.value = event.target.textContent;
  entry.points.dispatchEvent(new Event("input", { bubbles: true }));
  onward(entry.points);
});
form.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("input, textarea")) return;
  event.preventDefault();
  const take = event.target.matches("input") && !words(event.target) && event.target.closest("article").querySelector(".take");
  if (take) take.click();
  else onward(event.target);
});
form.addEventListener("submit", event => {
  event.preventDefault();
  save();
});
addEventListener("keydown", event => {
  if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  save();
});
form.noValidate = true; // `save` asks, after it has opened what is folded
note();
restore();
entries.forEach(check);
tell();
