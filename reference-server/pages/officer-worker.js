// Keeps the officer's page, the keys and the list of withdrawn passes on the phone, so that signed passes can be checked without a
// network after one visit. Newer ones are fetched whenever there is a network. Nothing else is kept: no code, no answer of the centre.

const STORE = "lockgate-officer-1";
const PAGE = ["/officer", "/pages/style.css", "/pages/forms.js", "/pages/officer.js", "/pages/service.js", "/pages/signed.js", "/pages/time.js", "/pages/words.js"];
const TRUST = /^\/v1\/(keys|revocations(\/\d+)?)$/;
/** After this long without an answer the copy is used, in milliseconds. */
const PATIENCE_MS = 4_000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(PAGE)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const older = async () => {
    for (const name of await caches.keys()) if (name !== STORE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(older());
});

self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method === "GET" && (PAGE.includes(pathname) || TRUST.test(pathname))) {
    event.respondWith(newest(event.request, pathname));
  }
});

/** The network's answer, kept for later; without one, the copy. */
async function newest(request, pathname) {
  const store = await caches.open(STORE);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok) await store.put(pathname, response.clone());
    // A failing server is no better than none.
    return response.status < 500 ? response : (await store.match(pathname)) ?? response;
  } catch (cause) {
    const copy = await store.match(pathname);
    if (copy) return copy;
    throw cause;
  }
}
