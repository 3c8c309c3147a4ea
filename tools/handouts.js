// What a page becomes before it is printed. Called by handouts.py.

const slugOf = address => address.pathname.replace(/^.*\/|\.html$/g, "");
const inUnit = address => "#" + slugOf(address) + address.hash.replace("#", "--");

// Solutions are opened or taken out, and a link that would lead out of the file becomes words.
function prepare({ slugs, solutions }) {
  const article = document.querySelector("article");
  document.documentElement.dataset.theme = "light";
  for (const fold of article.querySelectorAll("details.solution")) {
    if (solutions) fold.open = true;
    else fold.remove();
  }
  for (const image of article.querySelectorAll("img")) image.loading = "eager";
  for (const link of article.querySelectorAll("a[href]")) {
    const written = link.getAttribute("href");
    const target = new URL(link.href, location.href);
    if (target.origin !== location.origin || (slugs.length && written.startsWith("#"))) continue;
    if (target.pathname === location.pathname && target.hash) link.setAttribute("href", target.hash);
    else link.replaceWith(...link.childNodes);
  }
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
