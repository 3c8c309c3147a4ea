// What a page becomes before it is printed. Called by handouts.py.

const slugOf = address => address.pathname.replace(/^.*\/|\.html$/g, "");
const inUnit = address => "#" + slugOf(address) + address.hash.replace("#", "--");

// Solutions are opened or taken out, and a link that would lead out of the file becomes words. How many
// solutions there are is returned.
function prepare({ slugs, solutions }) {
  const article = document.querySelector("article");
  document.documentElement.dataset.theme = "light";
  const folds = article.querySelectorAll("details.solution");
  for (const fold of folds) {
    if (solutions) fold.open = true;
    else fold.remove();
  }
  for (const button of article.querySelectorAll(".quiz input")) button.checked = false;
  const right = article.querySelectorAll(".quiz .option:has(.verdict.verified) input");
  if (solutions) for (const button of right) button.checked = true;
  for (const image of article.querySelectorAll("img")) image.loading = "eager";
  for (const link of article.querySelectorAll("a[href]")) {
    const written = link.getAttribute("href");
    const target = new URL(link.href, location.href);
    if (target.origin !== location.origin || (slugs.length && written.startsWith("#"))) continue;
    if (target.pathname === location.pathname && target.hash) link.setAttribute("href", target.hash);
    else link.replaceWith(...link.childNodes);
  }
  return folds.length + right.length;
}

const SHEET = `
  h1 { margin: 0; font-size: 20pt; }
  h2 { margin: 0; padding: 0.6em 0 0 !important; font-size: 12pt; }
  #summary { margin: 0.8em 0 0; }
  .formulas, .tasks { columns: 2; column-gap: 0.9cm; font-size: 10pt; }
  .formulas section { break-inside: auto; }
  .formulas div.math { display: flex; align-items: center; gap: 0.2cm; margin: 0.15em 0; padding: 0; font-size: 9pt; }
  .formulas .katex-display { flex: 1; margin: 0; padding: 0 !important; mask: none !important; text-align: left; }
  .formulas .katex-display > .katex { text-align: left; }
  .formulas .eqno { order: 1; position: static; margin: 0; }
  .formulas .room { display: none; }
  .tasks {
    display: grid;
    grid-template-columns: 1fr 1fr;
    grid-auto-rows: 1fr;
    gap: 0.5cm;
    height: 24.5cm;
    break-before: page;
    columns: auto;
  }
  .tasks .card-exercise { margin: 0; }
  .tasks .card-exercise::after { content: none; }`;

// A page becomes a sheet: the numbered equations below their headings, the summary, and the exercises.
function sheet() {
  const article = document.querySelector("article");
  const [formulas, tasks] = ["formulas", "tasks"].map(name => {
    const box = document.createElement("div");
    box.className = name;
    return box;
  });
  for (const tick of article.querySelectorAll(".tick")) tick.remove();
  for (const section of article.querySelectorAll(":scope > section > section")) {
    const heading = section.querySelector("h2");
    const wanted = section.id === "summary" ? ":scope > ul" : ".math[id^=equation-]";
    const kept = [...section.querySelectorAll(wanted)];
    for (const card of section.querySelectorAll(".card-exercise")) {
      for (const more of card.querySelectorAll(".cell, details")) more.remove();
      // A sheet has no cells, and says nothing of what to do with one.
      for (const said of card.querySelectorAll("p")) if (/\bcells?\b/.test(said.textContent)) said.remove();
      tasks.append(card);
    }
    section.replaceChildren(heading, ...kept.filter(node => !tasks.contains(node)));
    if (section.children.length > 1) formulas.append(section);
  }
  const style = document.createElement("style");
  style.textContent = SHEET;
  document.head.append(style);
  article.replaceChildren(article.querySelector("h1"), formulas, tasks);
}

// All articles in one, each with its ids under its own name, so that links lead from one to another.
async function join({ slugs, addresses }) {
  const article = document.querySelector("article");
  article.replaceChildren();
  for (const [k, slug] of slugs.entries()) {
    const text = await (await fetch(addresses[k])).text();
    const other = new DOMParser().parseFromString(text, "text/html");
    const section = document.createElement("section");
    section.id = slug;
    section.style.breakBefore = k ? "page" : "auto";
    section.append(...other.querySelector("article").childNodes);
    for (const node of section.querySelectorAll("[id]")) node.id = `${slug}--${node.id}`;
    for (const name of ["aria-labelledby", "aria-describedby", "for"]) {
      for (const node of section.querySelectorAll(`[${name}]`)) {
        const ids = node.getAttribute(name).split(" ").map(id => `${slug}--${id}`);
        node.setAttribute(name, ids.join(" "));
      }
    }
    for (const image of section.querySelectorAll("img")) {
      image.src = new URL(image.getAttribute("src"), addresses[k]).href;
    }
    for (const link of section.querySelectorAll("a[href]")) {
      const target = new URL(link.getAttribute("href"), addresses[k]);
      const known = target.origin === location.origin && slugs.includes(slugOf(target));
      link.setAttribute("href", known ? inUnit(target) : target.href);
    }
    article.append(section);
  }
}
