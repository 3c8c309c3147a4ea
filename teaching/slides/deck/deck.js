// A slider that was dragged gives the keys back, so that a clicker turns the slide and not the slider.
addEventListener("pointerup", event => {
  if (event.target.matches?.("input")) event.target.blur();
});

// The window of the speaker has none of the slides' styles: there a browser sets the formulas of the notes.
for (const formula of document.querySelectorAll("aside.notes .katex"))
  formula.replaceWith(formula.querySelector("math"));
