// Python in a worker. The page sends { index, base, sources, page } once, and then jobs; what comes back is
// described in python.mjs. Nothing here can be interrupted from outside: to stop it, the page ends the worker.
"use strict";

let index, base, python, finder;
let broken; // fails as soon as a download does: Pyodide itself may wait for ever for one that broke off
let fail;
const loaded = new Map(); // what is on its way, by key: so that everything is asked for at once, and once
const say = (type, content) => postMessage({ type, content });

// Downloads, unpacked by the browser, with their progress in bytes as they travel

let total = 0,
  done = 0;

function get(key) {
  if (!loaded.has(key)) loaded.set(key, fetchPart(key));
  return loaded.get(key);
}

async function fetchPart(key) {
  const { name, bytes } = index.files[key];
  total += bytes;
  const lost = (reason) => {
    const error = Object.assign(new Error(`${name} could not be loaded (${reason})`), { lost: true });
    fail(error);
    return error;
  };
  // The name holds the hash of the content, so that a copy of any age will do, even without a network.
  const reply = await fetch(new URL(name, base), { cache: "force-cache" }).catch((error) => {
    throw lost(error.message);
  });
  if (!reply.ok) throw lost(reply.status);
  const counted = new TransformStream({
    transform(chunk, controller) {
      done += chunk.byteLength;
      say("progress", { done, total });
      controller.enqueue(chunk);
    },
  });
  reply.body.pipeTo(counted.writable).catch((error) => lost(error.message));
  if (!name.endsWith(".bin")) return counted.readable;
  return counted.readable.pipeThrough(new DecompressionStream("gzip"));
}

async function bytes(key) {
  const stream = await get(key);
  loaded.delete(key);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Pyodide asks for its own files by their own names.
const parts = { "pyodide.asm.wasm": "pyodide.asm.wasm", "python_stdlib.zip": "base" };
const ask = self.fetch;
self.fetch = async (address, options) => {
  const name = String(address.url || address)
    .split("/")
    .pop();
  if (name === "pyodide-lock.json") return new Response(JSON.stringify({ info: index.info, packages: {} }));
  const key = parts[name];
  if (!key) return ask.call(self, address, options);
  const type = key === "base" ? "application/zip" : "application/wasm";
  return new Response(await get(key), { headers: { "Content-Type": type } });
};

// An archive: the length of its table of contents, the table, the files (web/live/pack/pack.py)

function unpack(archive) {
  const length = new DataView(archive.buffer).getUint32(0, true);
  const table = JSON.parse(new TextDecoder().decode(archive.subarray(4, 4 + length)));
  const made = new Set();
  let place = 4 + length;
  for (const [path, size] of table) {
    const file = "/lib/python3.12/site-packages/" + path;
    const folder = file.slice(0, file.lastIndexOf("/"));
    if (!made.has(folder)) {
      python.FS.mkdirTree(folder);
      made.add(folder);
    }
    python.FS.writeFile(file, archive.subarray(place, place + size), { canOwn: true });
    place += size;
  }
}

// The page's notebook as it is now, or as it was when there is no network.
async function read(address) {
  const kept = () => ask(address, { cache: "force-cache" });
  const reply = await ask(address, { cache: "no-cache" })
    .catch(kept)
    .catch(() => null);
  return reply?.ok ? new Uint8Array(await reply.arrayBuffer()) : null;
}

async function start({ sources, page }) {
  const source = read(new URL(page, sources));
  const layers = ["book", "numbers"];
  for (const key of ["pyodide.asm.wasm", "pyodide.asm.js", "base", ...layers]) get(key).catch(() => {});
  importScripts(new URL(index.files["pyodide.js"].name, base));
  // Pyodide would fetch its second script, as it is, by its own name.
  const script = URL.createObjectURL(new Blob([await bytes("pyodide.asm.js")], { type: "text/javascript" }));
  importScripts(script);
  URL.revokeObjectURL(script);
  const here = new URL(".", base).href;
  python = await loadPyodide({ indexURL: here, stdLibURL: here + "python_stdlib.zip" });
  for (const key of layers) unpack(await bytes(key));
  // The pages, for the checker: read when it opens them. That of these cells is here at once.
  const folder = python.FS.cwd();
  const own = await source;
  if (own) python.FS.writeFile(`${folder}/${page}`, own);
  for (const name of index.sources) {
    if (own && name === page) continue;
    python.FS.createLazyFile(folder, name, new URL(name, sources).href, true, false);
  }
  finder = python
    .pyimport("kernel.run")
    .start((type, content) => say(type, plain(content)), python.toPy(index.late), page);
}

// What Python hands over, as plain data.
function plain(content) {
  if (!content?.toJs) return content;
  const data = content.toJs({ dict_converter: Object.fromEntries });
  content.destroy();
  return data;
}

async function run({ sources, at, answer }) {
  const cells = python.toPy(new Map(sources));
  for (;;) {
    say("running");
    const result = plain(python.pyimport("kernel.run").run(cells, at, answer));
    if (!result.layer) {
      cells.destroy();
      return result;
    }
    // An import met what is not loaded yet: load it, and begin again.
    done = total = 0;
    say("loading", result.layer);
    unpack(await bytes(result.layer));
    finder.loaded(result.layer);
  }
}

// A download that broke off can be begun again; anything else that ends here is a fault of Python's.
const over = (error) => say(error.lost ? "lost" : "failed", error.message);

let turn = null;
onmessage = ({ data }) => {
  if (data.index) {
    ({ index, base } = data);
    broken = new Promise((_, reject) => {
      fail = reject;
    });
    broken.catch(() => {});
    turn = Promise.race([start(data), broken]).then(() => say("ready"));
    turn.catch(over);
    return;
  }
  turn = turn
    .then(() => Promise.race([run(data), broken]))
    .then((result) => say("done", result), over);
};
