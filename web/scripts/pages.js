// What every page does beyond being read. Without a script all of it stands there, but for the buttons.
{
  // Colours: the button goes round.
  const MODES = ["auto", "light", "dark"];
  const button = document.querySelector(".colours");
  const mode = () => document.documentElement.dataset.mode;
  const name = () => (button.lastElementChild.textContent = mode());
  button.hidden = false;
  button.addEventListener("click", () => {
    const detail = MODES[(MODES.indexOf(mode()) + 1) % MODES.length];
    dispatchEvent(new CustomEvent("colours", { detail }));
    name();
  });
  name();

  // Sections that are not on the screen have their place by an estimate, and grow or shrink once they are laid out. A
  // page that was opened at a place stays there until its reader does something. One that is loaded again stays where
  // it was.
  const [arrival] = performance.getEntriesByType("navigation");
  if (location.hash && arrival?.type === "navigate") {
    const staying = new ResizeObserver(() => document.querySelector(":target")?.scrollIntoView());
    staying.observe(document.querySelector("article"));
    for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"])
      addEventListener(kind, () => staying.disconnect(), { once: true, passive: true });
  }

  // Search: Ctrl K goes to the field, which a narrow window has in a drawer.
  const contents = document.getElementById("contents");
  addEventListener("keydown", (event) => {
    if (event.key !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (!contents.checkVisibility()) contents.showPopover();
    contents.querySelector("input").select();
  });
  // A link into this page closes the drawer.
  contents.addEventListener("click", (event) => {
    if (event.target.closest(".sections a") && contents.matches(":popover-open")) contents.hidePopover();
  });

  // On the page of questions the list of chapters says where one is: at the last one that has begun.
  const ways = [...document.querySelectorAll(".quizzes .sections a")];
  if (ways.length) {
    const begun = (way) => document.getElementById(way.hash.slice(1)).getBoundingClientRect().top < 200;
    const mark = () => {
      const here = ways.findLast(begun);
      for (const way of ways) way.ariaCurrent = way === here ? "location" : null;
    };
    addEventListener("scroll", mark, { passive: true });
    mark();
  }

  // Code is copied with a button.
  for (const block of document.querySelectorAll("article div.highlight")) {
    const copy = document.createElement("button");
    Object.assign(copy, { type: "button", className: "copybtn", textContent: "Copy", ariaLabel: "Copy the code" });
    copy.addEventListener("click", async () => {
      const text = block.querySelector("textarea")?.value ?? block.querySelector("pre").textContent;
      await navigator.clipboard.writeText(text.trimEnd());
      copy.textContent = "Copied";
      setTimeout(() => (copy.textContent = "Copy"), 2000);
    });
    if (navigator.clipboard && !block.closest(".output")) block.append(copy);
  }

  // A table that is wider than the text reaches out over the margin or, if it has no numbers to compare, becomes
  // entries: the sheet knows where there is room for which. What is still wider than its place scrolls in itself.
  // This lets the keyboard scroll it too: what overflows takes the focus, and nothing else does.
  const scrolling = "div.math > .katex-display, table.checked td, .scroll, .text_html, .live-show";
  const measure = (box) => {
    const table = box.matches(".scroll:not(.words)") && box.querySelector("table");
    const over = () => box.scrollWidth > box.clientWidth;
    box.removeAttribute("tabindex"); // with it comes room behind the end, which is not to be measured
    if (table) {
      box.classList.remove("out");
      table.classList.remove("entries", "led");
      box.classList.toggle("out", over());
      if (over() && !table.querySelector(".digits")) table.classList.add("entries", "led");
    }
    // A formula is set a little smaller where it is a little too wide.
    if (box.matches(".katex-display")) {
      box.style.fontSize = "";
      const share = box.clientWidth / box.scrollWidth;
      const size = parseFloat(getComputedStyle(box).fontSize);
      if (share < 1 && share > 0.8) box.style.fontSize = `${0.99 * share * size}px`;
    }
    if (over()) box.tabIndex = 0;
  };
  const widths = new WeakMap();
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (widths.get(target) === target.clientWidth) continue;
      widths.set(target, target.clientWidth);
      measure(target);
    }
  });
  for (const box of document.querySelectorAll(scrolling)) watch.observe(box);
  // A formula that is set later can be wider than what stood there, in a box that stays as wide as it was.
  addEventListener("typeset", (event) => event.target.querySelectorAll(scrolling).forEach(measure));
}
