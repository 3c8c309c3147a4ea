// Service worker: keeps what a reader has loaded, so that a later visit needs no network. Files whose names hold a hash
// are taken from here; everything else comes from the network, and from here only when there is none.
"use strict";

const VERSION = "";
const ours = `slopes ${self.registration.scope} `;
const pages = `${ours}pages ${VERSION}`;
const parts = `${ours}parts`;
const hashed = /\/live\/(?:page\.)?[\w.]*\.?[0-9a-f]{8}[./]/;

self.addEventListener("install", () => self.skipWaiting());

// A new version of the site: the pages of the old one go, and those parts of it that the new one does not use.
self.addEventListener("activate", (event) =>
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith(ours) && name !== pages && name !== parts) await caches.delete(name);
      }
      const index = new URL("live/index.json", self.registration.scope);
      const reply = await fetch(index, { cache: "no-cache" }).catch(() => null);
      if (reply?.ok) {
        const text = await reply.text();
        const cache = await caches.open(parts);
        for (const request of await cache.keys()) {
          const name = request.url.split("/live/")[1].split("/")[0];
          if (!text.includes(name)) await cache.delete(request);
        }
      }
      await self.clients.claim();
    })(),
  ),
);

self.addEventListener("message", (event) =>
  event.waitUntil(
    Promise.all(
      (event.data.keep || []).map(async (url) => {
        const cache = await caches.open(hashed.test(url) ? parts : pages);
        if (await cache.match(url)) return;
        const reply = await fetch(url, { cache: "force-cache" }).catch(() => null);
        if (reply?.ok) await cache.put(url, reply);
      }),
    ),
  ),
);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  if (request.headers.has("range")) return;
  event.respondWith(hashed.test(request.url) ? fromHere(request) : fromNetwork(request));
});

async function fromHere(request) {
  const cache = await caches.open(parts);
  const kept = await cache.match(request.url);
  if (kept) return kept;
  const reply = await fetch(request);
  if (reply.ok) await cache.put(request.url, reply.clone()).catch(() => {});
  return reply;
}

async function fromNetwork(request) {
  const cache = await caches.open(pages);
  try {
    const reply = await fetch(request);
    if (reply.ok && reply.type === "basic") await cache.put(request.url, reply.clone()).catch(() => {});
    return reply;
  } catch (error) {
    const kept = await cache.match(request.url, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
