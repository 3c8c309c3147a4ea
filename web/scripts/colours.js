// In the head, before anything is painted: the colours that the reader chose, or those of the system.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    root.dataset.theme = root.dataset.mode === "auto" ? (dark.matches ? "dark" : "light") : root.dataset.mode;
  };
  // Where storage is blocked, a choice holds for one page.
  try {
    root.dataset.mode = localStorage.getItem("mode") || "auto";
  } catch {
    root.dataset.mode = "auto";
  }
  show();
  dark.addEventListener("change", show);
  addEventListener("colours", (event) => {
    root.dataset.mode = event.detail;
    show();
    try {
      localStorage.setItem("mode", event.detail);
    } catch {}
  });
})();
