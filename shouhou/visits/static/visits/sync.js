// Sending what waits, in its order, until the server has said of each that it knows it; then fetching the day anew.
(() => {
  const { store, clock } = window.visits;
  const AT_ONCE = 100;
  const state = { waiting: 0, online: true, signedOut: false, other: 0, me: null };
  const hearers = [];
  let csrf = "", running = null, again = false;

  const tell = () => { for (const hear of hearers) hear(state); };

  async function ask(url, options = {}) {
    const asked = Date.now();
    const answer = await fetch(url, { credentials: "same-origin", redirect: "error", cache: "no-store", ...options });
    if (answer.status === 401 || answer.status === 403) throw Object.assign(new Error("signed out"), { out: true });
    if (!answer.ok && answer.status !== 422) throw new Error(`${answer.status}`);
    const said = await answer.json();
    if (said.now) clock.heard(said.now, asked, Date.now());
    return said;
  }
  async function pull() {
    const said = await ask("/visits/app/day.json");
    [csrf, state.me] = [said.csrf, said.me];
    await store.put("meta", { key: "me", ...said.me });
    await store.replace(said.visits);
  }
  const unsent = async () => (await store.all("operations")).filter((one) => !one.sent);
  async function push() {
    for (const photo of await store.all("photos")) {
      if (photo.sent) continue;
      const form = new FormData();
      form.append("file", photo.blob, `${photo.sha256.slice(0, 12)}.${photo.blob.type.split("/")[1]}`);
      await ask(`/visits/${photo.visit}/photo/`, { method: "POST", body: form, headers: { "X-CSRFToken": csrf } });
      await store.put("photos", { ...photo, sent: true });
    }
    const skip = new Set();
    for (;;) {
      const waiting = (await unsent()).filter((one) => !skip.has(one.uid)).sort((a, b) => a.seq - b.seq);
      const next = waiting.slice(0, AT_ONCE);
      if (!next.length) break;
      const operations = next.map(({ uid, visit, seq, kind, data, at, offset, by }) =>
        ({ uid, visit, seq, kind, data, at, offset, by }));
      const said = await ask("/visits/app/sync/", {
        method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
        body: JSON.stringify({ device: next[0].device, operations }),
      });
      // What belongs to another sign-in stays here; all else is safe with the server, whatever became of it.
      const stays = ({ uid }) => ["other_person", "no_visit", undefined].includes(said.results[uid]);
      for (const one of next) if (stays(one)) skip.add(one.uid);
      await store.sent(next.filter((one) => !stays(one)).map((one) => one.uid));
    }
    state.other = skip.size;
  }
  async function round() {
    try {
      await pull();
      if ((await unsent()).length || (await store.all("photos")).some((photo) => !photo.sent)) {
        await push();
        await pull();
      }
      Object.assign(state, { online: true, signedOut: false });
    } catch (trouble) {
      Object.assign(state, { online: Boolean(trouble.out), signedOut: Boolean(trouble.out) });
    }
    state.waiting = (await unsent()).length;
    tell();
  }
  // One round at a time in all tabs of the phone: two that send the same would harm nothing, but waste the signal.
  function now() {
    again = true;
    running ||= (async () => {
      while (again) {
        again = false;
        await (navigator.locks ? navigator.locks.request("visits.sync", round) : round());
      }
    })().finally(() => { running = null; });
    return running;
  }
  window.addEventListener("online", now);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) now(); });
  setInterval(() => { if (!document.hidden) now(); }, 20_000);
  const added = () => { state.waiting += 1; tell(); };
  window.visits = Object.assign(window.visits, { sync: { now, added, state, hear: (f) => hearers.push(f) } });
})();
