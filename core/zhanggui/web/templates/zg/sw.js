// Assets are kept for ever (their names carry a hash); the last pages stay readable without a network.
// Nothing is ever sent later on its own: a write without a network fails, and the page says so.
const ASSETS = {{ [asset("app.css"), asset("app.js"), asset("icons.svg"), "/offline"]|tojson }};
const STORE = "zg-assets-{{ asset('app.js').split('.')[-2] ~ asset('app.css').split('.')[-2] }}";
const PAGES = "zg-pages";
const KEPT = 20;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(ASSETS)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== STORE && name !== PAGES) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && url.pathname.replace(/\/$/, "").endsWith("/logout")) event.waitUntil(caches.delete(PAGES));
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(asset(request));
  else if (request.mode === "navigate") event.respondWith(page(event, request));
});

async function asset(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(STORE)).put(request, answer.clone());
  return answer;
}

async function page(event, request) {
  try {
    const answer = await fetch(request);
    const type = answer.headers.get("Content-Type") || "";
    if (/\/login\b/.test(new URL(answer.url).pathname)) event.waitUntil(caches.delete(PAGES));
    else if (answer.ok && !answer.redirected && type.startsWith("text/html")) event.waitUntil(keep(request.url, answer.clone()));
    return answer;
  } catch (error) {
    const kept = await (await caches.open(PAGES)).match(request.url);
    return kept || (await caches.match("/offline")) || Promise.reject(error);
  }
}

async function keep(url, answer) {
  const pages = await caches.open(PAGES);
  await pages.delete(url);
  await pages.put(url, answer);
  const all = await pages.keys();
  for (const old of all.slice(0, Math.max(0, all.length - KEPT))) await pages.delete(old);
}
