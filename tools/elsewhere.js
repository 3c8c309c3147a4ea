// Stands in for the runtime's own script where the site does not serve the runtime: loads it from its
// makers, and the packages that they have not, ours for one, from here.
const elsewhere = "";
importScripts(elsewhere + "pyodide.js");
const load = self.loadPyodide;
self.loadPyodide = async (options) => {
  const here = options.indexURL;
  const lock = await (await fetch(here + "pyodide-lock.json")).json();
  for (const item of Object.values(lock.packages)) {
    item.file_name = new URL(item.file_name, here).href;
  }
  const lockFileURL = URL.createObjectURL(new Blob([JSON.stringify(lock)]));
  return load({ ...options, indexURL: elsewhere, lockFileURL });
};
