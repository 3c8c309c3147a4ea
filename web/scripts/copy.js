// A formula is copied as its LaTeX, whole: on its own it is ready for check_derivation; amid text it stands between
// dollar signs, as a notebook writes it. Otherwise what arrives is each symbol twice, in pieces.
addEventListener("copy", event => {
  const selection = getSelection();
  if (selection.isCollapsed || event.target.closest?.("input, textarea")) return;
  const around = node =>
    (node.closest ? node : node.parentElement)?.closest(".katex-display, .katex:not(.katex-display > *)");
  const range = selection.getRangeAt(0).cloneRange();
  const [first, last] = [around(range.startContainer), around(range.endContainer)];
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  const box = document.createElement("div");
  box.append(range.cloneContents());
  if (!box.querySelector(".katex")) return;

  box.querySelectorAll(".eqno").forEach(number => number.remove());
  const formulas = [...box.querySelectorAll(".katex-display, .katex:not(.katex-display > *)")];
  const alone = formulas.length === 1 && box.textContent.trim() === formulas[0].textContent.trim();
  for (const formula of formulas) {
    const display = formula.matches(".katex-display");
    const latex = formula.querySelector("annotation").textContent.trim();
    const text = document.createElement(display ? "div" : "span");
    text.style.whiteSpace = "pre-wrap";
    text.textContent = alone ? latex : display ? `$$\n${latex}\n$$` : `$${latex}$`;
    formula.replaceWith(text);
  }
  for (const link of box.querySelectorAll("a[href]")) link.href = link.href; // whole, to be pasted elsewhere
  const html = box.innerHTML;
  document.body.append(box); // only what is on the page has its lines told apart
  const plain = box.innerText.replaceAll("\u00a0", " ").trim(); // ties are for lines of this page
  box.remove();
  event.clipboardData.setData("text/plain", plain);
  event.clipboardData.setData("text/html", html);
  event.preventDefault();
});
