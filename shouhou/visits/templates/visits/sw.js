// The page and its files for a cellar without signal. Data is not kept here: it lies in the phone's own store.
const FILES = [{% for file in files %}"{{ file|escapejs }}", {% endfor %}];
const SHELL = "/visits/app/", KEPT = "visits-{{ version|escapejs }}";

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const kept = await caches.open(KEPT);
    await kept.addAll(FILES.map((file) => new Request(file, { cache: "reload" })));
    const shell = await fetch(SHELL, { credentials: "same-origin", redirect: "error" }).catch(() => null);
    if (shell && shell.ok) await kept.put(SHELL, shell);
    await self.skipWaiting();
  })());
});
self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("visits-") && name !== KEPT) await caches.delete(name);
    await self.clients.claim();
  })());
});
self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname === SHELL) event.respondWith(shell(request));
  else if (FILES.includes(url.pathname)) event.respondWith(caches.match(url.pathname).then((file) => file || fetch(request)));
});
async function shell(request) {
  const kept = await caches.open(KEPT);
  try {
    const fresh = await fetch(request);
    // Sent on to the sign-in page: no page of ours to keep.
    if (fresh.ok && !fresh.redirected) await kept.put(SHELL, fresh.clone());
    return fresh;
  } catch (trouble) {
    const old = await kept.match(SHELL);
    if (old) return old;
    throw trouble;
  }
}
