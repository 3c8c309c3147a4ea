// A slider that was dragged gives the keys back, so that a clicker turns the slide and not the slider.
addEventListener("pointerup", event => {
  if (event.target.matches?.("input")) event.target.blur();
});
