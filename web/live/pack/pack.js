// Runs pack.py in the Python of the browser, so that its bytecode is what that Python reads.
// node pack.js RUNTIME PLAN, where the plan is a file of JSON.
"use strict";
const fs = require("fs");
const path = require("path");

async function main(runtime, plan) {
  const { loadPyodide } = require(path.join(runtime, "pyodide.js"));
  const lockFileURL = path.join(path.dirname(plan), "lock.json");
  fs.writeFileSync(
    lockFileURL,
    JSON.stringify({ info: JSON.parse(fs.readFileSync(plan)).info, packages: {} }),
  );
  const python = await loadPyodide({ indexURL: runtime + path.sep, lockFileURL, packages: [] });
  // What is on the disk has the same path in Python, under /disk.
  const root = path.parse(path.resolve(plan)).root;
  python.FS.mkdir("/disk");
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, "/disk");
  const inside = (name) => "/disk/" + path.relative(root, path.resolve(name)).split(path.sep).join("/");
  python.globals.set("PLAN", inside(plan));
  await python.runPythonAsync(fs.readFileSync(path.join(__dirname, "pack.py"), "utf8"));
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error);
  process.exit(1);
});
