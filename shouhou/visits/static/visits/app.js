// The phone's page: the day's visits, one visit, and what waits to be sent.
(() => {
  const { make, button, steps, fold, store, clock, sync } = window.visits;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const words = read("words"), rules = read("rules"), main = document.getElementById("main"), bar = document.getElementById("bar");
  const { company, zone: timeZone } = document.body.dataset, lang = document.documentElement.lang;
  const time = (ms) => new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(new Date(ms));
  const day = (ms) => new Intl.DateTimeFormat(lang, { month: "numeric", day: "numeric", weekday: "short", timeZone }).format(new Date(ms));
  let me = read("me"), shown = "", turns = 0, tasks = Promise.resolve(), together = false, lacking = "", holding = false;

  // What is being typed, by "draft.<visit>.<field>". The browser's quick store is written to disk seconds later, which
  // an empty battery does not wait for: each letter goes to the lasting one.
  const drafts = new Map(), draftKey = (visit, name) => `draft.${visit}.${name}`;
  const writing = new Map();
  async function writeDraft(key) { // whatever was typed while the disk was busy goes in one write
    for (let value; drafts.has(key) && drafts.get(key) !== value;) {
      value = drafts.get(key);
      await store.put("meta", { key, value });
    }
    writing.delete(key);
  }
  function keepDraft(key, value) {
    drafts.set(key, value);
    if (!writing.has(key)) writing.set(key, writeDraft(key));
    return writing.get(key);
  }
  const dropDraft = async (key) => { drafts.delete(key); await writing.get(key); await store.drop("meta", key); };
  const loadDrafts = async () => {
    for (const { key, value } of await store.all("meta")) {
      if (key.startsWith("draft.")) drafts.set(key, value);
      if (key === "together") together = value;
    }
  };
  const sha = async (blob) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");

  const asData = (blob) => new Promise((give) => { // the page's policy lets in data:, not blob:
    const reader = new FileReader();
    reader.onload = () => give(reader.result);
    reader.readAsDataURL(blob);
  });

  const looked = ({ visits: kept, operations }, id) => {
    const visit = kept.find((row) => row.id === id);
    if (!visit) return null;
    const known = new Set(visit.operations.map((one) => one.uid)), mine = operations.filter((one) => one.visit === id);
    const own = mine.filter((one) => !known.has(one.uid))
      .map((one) => ({ ...one, at: new Date(Date.parse(one.at) + one.offset).toISOString() }));
    const all = [...visit.operations, ...own];
    return { visit, all, sheet: fold(all, rules, visit.bounds), waiting: mine.filter((one) => !one.sent).length };
  };
  const opened = async (id) => looked(await store.snapshot(), id);
  // One after the other: what is typed is written before the step that needs it is said to be done.
  const inTurn = (work) => { tasks = tasks.then(work, work); return tasks; };
  const add = async (visit, kind, data) => {
    await store.add({ visit, kind, data, at: new Date().toISOString(), offset: clock.look(), by: me.id });
    sync.added();
  };

  function pageOf(visit, sheet) {
    const page = {
      visit, sheet, words, rules, me, company, clock: time,
      value: (name) => drafts.get(draftKey(visit.id, name)) ?? sheet.fields[name] ?? "",
      draft: (name, value) => keepDraft(draftKey(visit.id, name), value),
      write: (name, value) => inTurn(async () => {
        await keepDraft(draftKey(visit.id, name), value);
        const now = await opened(visit.id);
        if ((now.sheet.fields[name] ?? "") !== value) {
          await add(visit.id, "field", { name, value, base: now.sheet.setters[name] || "" });
        }
        if (drafts.get(draftKey(visit.id, name)) === value) await dropDraft(draftKey(visit.id, name));
        sheet.fields[name] = value;
        sync.now();
      }),
      flush: async (step = "") => {
        const start = `draft.${visit.id}.${step && `${step}.`}`, cut = `draft.${visit.id}.`.length;
        for (const [key, value] of [...drafts]) if (key.startsWith(start)) await page.write(key.slice(cut), value);
        await tasks;
        return (await opened(visit.id)).sheet; // as it is written, whatever this picture of it was drawn from
      },
      act: (kind, data = {}, quiet = false) => inTurn(async () => {
        await add(visit.id, kind, data);
        if (!quiet) await render(true);
        sync.now();
      }),
      reread: async () => { await tasks; return (await opened(visit.id)).sheet; },
      redraw: (text) => { lacking = text; return render(true); },
      alone: async (work) => { // nothing is drawn anew while many steps are passed at once
        holding = true;
        try { await work(); } finally { holding = false; }
      },
      lacking, together: me.practised && together,
      keepPhoto: async (blob) => {
        const sha256 = await sha(blob);
        if (!(await store.get("photos", sha256))) await store.put("photos", { sha256, blob, visit: visit.id, sent: false });
        return sha256;
      },
      arrive: async () => page.act("arrive", await place()),
      photo: async (sha256) => {
        const kept = await store.get("photos", sha256);
        return kept ? asData(kept.blob) : "";
      },
    };
    return page;
  }
  function place() {
    return new Promise((resolve) => {
      if (!navigator.geolocation) return resolve({ how: "none" });
      const give = ({ coords }) => resolve({ how: "location", lat: coords.latitude, lon: coords.longitude, accuracy: Math.round(coords.accuracy) });
      navigator.geolocation.getCurrentPosition(give, () => resolve({ how: "none" }), { timeout: 8000, maximumAge: 60_000, enableHighAccuracy: true });
    });
  }
  function asking(label, inputs, done) {
    const form = make("form", { class: "d-grid gap-2", onsubmit: (event) => {
      event.preventDefault();
      done(Object.fromEntries(new FormData(form)));
    } }, ...inputs, make("button", { class: "btn" }, words.page.add));
    return make("details", { class: "more" }, make("summary", {}, label), form);
  }
  function extras(page) {
    const { sheet } = page, text = (name, label, more = {}) => make("input", { class: "form-control", name, placeholder: label, "aria-label": label, required: true, ...more });
    const photo = make("input", { type: "file", accept: "image/*", capture: "environment", class: "form-control", "aria-label": words.page.photo,
      onchange: async (event) => {
        for (const file of event.target.files) await page.act("photo", { sha256: await page.keepPhoto(file), step: sheet.step, name: file.name });
      } });
    return make("section", { class: "card" }, make("div", { class: "card-body d-grid gap-2" },
      make("label", { class: "form-label mb-0" }, words.page.photo, photo),
      make("div", { class: "thumbs" }, ...Object.values(sheet.photos).map((one) => picture(page, one.sha256))),
      ...(sheet.step ? more(page, text) : [])));
  }
  function more(page, text) {
    const { sheet } = page;
    return [
      ...Object.entries(sheet.parts).map(([uid, part]) => make("div", { class: "d-flex gap-2" }, `${part.name} ×${part.count}`, button("×", () => page.act("part_removed", { part: uid }), "btn btn-sm"))),
      asking(words.page.part, [text("name", words.page.part), text("count", words.page.count, { type: "number", min: 1, value: 1 })],
        (said) => page.act("part", { name: said.name, count: Number(said.count) })),
      ...Object.values(sheet.problems).map((problem) => make("div", { class: "prose" }, `+ ${problem}`)),
      asking(words.page.problem, [text("words", words.page.problem)], (said) => page.act("problem", said)),
      ...Object.entries(sheet.guests).flatMap(([uid, guest]) => [
        make("div", {}, make("span", { class: "state kept" }, time(guest.ms)), ` ${guest.name} ${guest.of}${guest.work ? `: ${guest.work}` : ""}`),
        asking(words.page.guest_work, [text("words", words.page.guest_work, { value: guest.work })], (said) => page.act("guest_work", { guest: uid, ...said })),
      ]),
      sheet.arrived === null ? null : asking(words.page.guest, [text("name", words.page.guest_name), text("of", words.page.guest_of, { required: false })],
        (said) => page.act("guest", said)),
      Object.keys(sheet.support).length ? make("span", { class: "state at_risk" }, words.page.asked) : null,
      asking(words.page.support, [text("words", words.page.support)], (said) => page.act("support", said)),
    ];
  }
  function picture(page, sha256) {
    const image = make("img", { alt: words.page.photo, height: 72 });
    page.photo(sha256).then((data) => { if (data) image.src = data; });
    return image;
  }
  function head(page) {
    const { visit, sheet } = page;
    const known = make("dl", { class: "facts" }, ...[["reported", visit.description || visit.subject], ["item", visit.item]]
      .filter(([, value]) => value).flatMap(([name, value]) => [make("dt", {}, words.page[name]), make("dd", {}, value)]));
    const earlier = visit.earlier.length ? make("details", {}, make("summary", {}, words.page.earlier),
      ...visit.earlier.map((one) => make("div", { class: "prose" }, `${day(Date.parse(one.at))} ${one.engineer}: ${one.subject}${one.remedy ? ` → ${one.remedy}` : ""}`))) : null;
    const going = sheet.arrived !== null ? make("span", { class: "state kept" }, `${words.page.arrive} ${time(sheet.arrived)}`)
      : sheet.setOut !== null ? make("span", { class: "state" }, `${words.page.set_out} ${time(sheet.setOut)}`)
      : "prepare" in sheet.steps ? button(words.page.set_out, () => page.act("set_out"), "btn") : null;
    return make("section", { class: "card" }, make("div", { class: "card-body" },
      make("a", { href: "#", class: "btn btn-sm mb-2" }, words.page.back),
      make("h1", { class: "page-title" }, visit.unit), make("div", { class: "text-secondary" }, `${visit.number} · ${visit.request} ${visit.subject}`),
      make("div", {}, `${day(Date.parse(visit.starts))} ${time(visit.starts)}–${time(visit.ends)} `,
        make("span", { class: `state ${visit.agreed ? "kept" : "at_risk"}` }, visit.agreed ? words.page.agreed : words.page.unagreed)),
      make("div", { class: "d-flex gap-2 flex-wrap my-2" },
        make("a", { class: "btn", href: `tel:${visit.phone.replace(/[^+\d]/g, "")}` }, `${words.page.call} ${visit.contact}`),
        make("a", { class: "btn", href: `https://uri.amap.com/search?keyword=${encodeURIComponent(visit.address)}`, rel: "noreferrer", target: "_blank" }, `${words.page.map} ${visit.address}`), going),
      known, earlier));
  }
  function reviews(page) {
    const why = Object.values(page.sheet.review);
    return why.length ? make("div", { class: "alert alert-warning" }, `${words.page.review}: `, [...new Set(why)].map((one) => words.review[one]).join(", ")) : null;
  }
  function one(found) {
    if (!found) return [make("a", { href: "#", class: "btn" }, words.page.back)];
    const page = pageOf(found.visit, found.sheet);
    const ended = found.sheet.step ? null : make("div", { class: "alert alert-success" }, words.page.over);
    const flip = async () => {
      together = !together;
      await store.put("meta", { key: "together", value: together });
      render(true);
    };
    const way = me.practised && found.sheet.step && found.sheet.arrived !== null
      ? button(together ? words.page.stepwise : words.page.together, flip, "btn btn-sm") : null;
    return [head(page), reviews(page), ended, way, ...steps(page), extras(page)];
  }
  function card({ visit, sheet, waiting }) {
    const done = Object.keys(sheet.steps).length;
    return make("a", { class: "card visit", href: `#${visit.id}` }, make("div", { class: "card-body" },
      make("div", { class: "d-flex justify-content-between" }, make("b", {}, `${day(Date.parse(visit.starts))} ${time(visit.starts)}`),
        make("span", { class: `state ${done === rules.length ? "kept" : done ? "at_risk" : ""}` }, `${done}/${rules.length}`)),
      make("div", { class: "h3 my-1" }, visit.unit), make("div", { class: "text-secondary" }, `${visit.address} · ${visit.subject}`),
      waiting ? make("span", { class: "state at_risk" }, `${waiting} ${words.page.waiting}`) : null));
  }
  const list = (found) => [make("h1", { class: "page-title" }, words.page.today), ...found.map(card),
    found.length ? null : make("p", { class: "text-secondary" }, words.page.none),
    me.feed ? make("p", { class: "text-secondary" }, `${words.page.feed} `, make("input", { class: "form-control", readonly: true, value: me.feed, "aria-label": words.page.feed })) : null];
  // What a page shows beyond what is being typed on it. While that stays the same nothing is drawn anew: a button that
  // is replaced under a finger is not pressed.
  function face(found, device) {
    const { visit, sheet, all } = found, by = new Map(all.map((one) => [one.uid, one.device]));
    const foreign = Object.entries(sheet.setters).filter(([, uid]) => by.get(uid) !== device).map(([name]) => [name, sheet.fields[name]]);
    return [visit.id, visit.status, visit.agreed, visit.starts, sheet.steps, sheet.arrived, sheet.setOut, sheet.conflicts, sheet.review,
      sheet.photos, sheet.parts, sheet.problems, sheet.support, sheet.guests, foreign];
  }
  async function render(must = false) {
    if (holding && !must) return;
    const id = Number(location.hash.slice(1)) || 0, turn = ++turns;
    me = (await store.get("meta", "me")) || me;
    const device = (await store.get("meta", "device"))?.name, now = await store.snapshot();
    const rows = now.visits.sort((a, b) => Date.parse(a.starts) - Date.parse(b.starts));
    const found = id ? looked(now, id) : rows.map((row) => looked(now, row.id));
    const seen = JSON.stringify([id, id ? found && face(found, device) : found.map((row) => [face(row, device), row.waiting])]);
    if (turn !== turns || (!must && seen === shown)) return;
    const scroll = main.dataset.shown === String(id) ? window.scrollY : 0;
    main.replaceChildren(...(id ? one(found) : list(found)).filter(Boolean));
    [shown, main.dataset.shown] = [seen, String(id)];
    window.scrollTo(0, scroll);
  }
  const said = make("span", { role: "status" }), sender = button(words.page.send, () => sync.now(), "btn btn-sm");
  const signer = make("a", { href: "/accounts/login/?next=/visits/app/", class: "btn btn-sm", hidden: true }, words.page.signin);
  bar.append(said, sender, signer);
  function tell(state) {
    const text = state.signedOut ? words.page.signin : !state.online ? words.page.offline : state.other ? words.page.other : state.waiting ? words.page.waiting : words.page.online;
    bar.className = `bar ${state.signedOut ? "broken" : !state.online || state.waiting ? "at_risk" : "kept"}`;
    said.textContent = state.waiting ? `${state.waiting} · ${text}` : text;
    [sender.hidden, signer.hidden] = [state.signedOut, !state.signedOut];
    render();
  }
  window.addEventListener("hashchange", () => { lacking = ""; render(true); });
  sync.hear(tell);
  Promise.all([loadDrafts(), clock.load()]).then(() => render(true)).then(() => sync.now());
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/visits/app/sw.js", { scope: "/visits/app/" });
  if (navigator.storage?.persist) navigator.storage.persist(); // the browser does not throw away what is not sent yet
})();
