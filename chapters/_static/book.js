// A formula that is wider than the page, or than its cell, scrolls inside itself. This lets the keyboard scroll it too:
// what overflows takes the focus, and nothing else does.
function reachable() {
  for (const box of document.querySelectorAll("div.math > .katex-display, table.checked td")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);
addEventListener("toggle", reachable, true);
