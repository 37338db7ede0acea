/**
 * The page without a network: its shell from the cache, everything else from the server as ever.
 *
 * Built files carry their content in their names and are kept for good; the page itself is asked of the server first,
 * so that a new version shows at once.
 */
declare const self: ServiceWorkerGlobalScope;

// Both are written in when the page is built.
declare const __SHELL__: string[];
declare const __VERSION__: string;

const CACHE = `hubbub-${__VERSION__}`;
/** Below which path the server is served. */
const BASE = new URL("./", self.location.href).pathname;
const PAGE = BASE;
/** Milliseconds for the server to answer, when there is a kept page to show instead. */
const PATIENCE = 5_000;
const STATIC = [`${BASE}static/icon.svg`, `${BASE}app/manifest.webmanifest`];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll([PAGE, ...STATIC, ...__SHELL__.map((name) => BASE + name)]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && (url.pathname === BASE || url.pathname.startsWith(`${BASE}chat/`))) {
    event.respondWith(page(request));
  } else if (url.pathname.startsWith(`${BASE}app/`) || STATIC.includes(url.pathname)) {
    event.respondWith(caches.match(request).then((found) => found ?? fetched(request)));
  }
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = (event.notification.data as { address?: string } | null)?.address ?? BASE;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then(async ([first]) => {
      if (first === undefined) return self.clients.openWindow(address);
      first.postMessage({ go: address });
      return first.focus();
    }),
  );
});

/** What is first needed later is kept from then on. */
async function fetched(request: Request): Promise<Response> {
  const response = await fetch(request);
  if (response.ok) await (await caches.open(CACHE)).put(request, response.clone());
  return response;
}

/** The page of the server; the kept one when there is no answer, or none soon. */
async function page(request: Request): Promise<Response> {
  const fresh = fetch(request);
  const soon = new Promise<null>((done) => setTimeout(() => done(null), PATIENCE));
  const answer = await Promise.race([fresh, soon]).catch(() => null);
  if (answer !== null) return answer;
  return (await caches.match(PAGE)) ?? fresh;
}

export {};
