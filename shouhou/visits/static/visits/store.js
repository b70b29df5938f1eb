// What the phone keeps: visits taken along, operations not yet known to the server, pictures. Everything is written
// before the screen says that it is done, so that a crash or an empty battery loses nothing.
(() => {
  const STORES = { visits: "id", operations: "uid", photos: "sha256", meta: "key" };
  let opened = null;

  function open() {
    opened ||= new Promise((resolve, reject) => {
      const asked = indexedDB.open("shouhou-visits", 1);
      asked.onupgradeneeded = () => {
        for (const [name, keyPath] of Object.entries(STORES)) asked.result.createObjectStore(name, { keyPath });
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
    return opened;
  }
  async function within(names, mode, work) {
    const base = await open();
    return new Promise((resolve, reject) => {
      const act = base.transaction(names, mode, { durability: "strict" });
      let result;
      act.oncomplete = () => resolve(result);
      act.onerror = act.onabort = () => reject(act.error);
      work(act, (value) => { result = value; });
    });
  }
  const all = (name) => within([name], "readonly", (act, give) => {
    act.objectStore(name).getAll().onsuccess = (event) => give(event.target.result);
  });
  const get = (name, key) => within([name], "readonly", (act, give) => {
    act.objectStore(name).get(key).onsuccess = (event) => give(event.target.result);
  });
  const put = (name, row) => within([name], "readwrite", (act) => act.objectStore(name).put(row));
  const drop = (name, key) => within([name], "readwrite", (act) => act.objectStore(name).delete(key));

  // A UUIDv7: made here, so that an operation has its name before anybody else knows of it.
  function uuid7() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    let ms = Date.now();
    for (let n = 5; n >= 0; n -= 1) [bytes[n], ms] = [ms % 256, Math.floor(ms / 256)];
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
  // The device's name and its count are taken and written in one transaction with the operation: two tabs of one phone
  // never give two operations the same place.
  const add = (made) => within(["operations", "meta"], "readwrite", (act, give) => {
    const meta = act.objectStore("meta");
    meta.get("device").onsuccess = (event) => {
      const device = event.target.result || { key: "device", name: uuid7(), seq: 0 };
      device.seq += 1;
      meta.put(device);
      const row = { ...made, uid: uuid7(), device: device.name, seq: device.seq };
      act.objectStore("operations").put(row);
      give(row);
    };
  });
  // Visits and operations as they stand at one moment: read apart, an operation could be in neither.
  const snapshot = () => within(["visits", "operations"], "readonly", (act, give) => {
    const found = {};
    give(found);
    for (const name of ["visits", "operations"]) {
      act.objectStore(name).getAll().onsuccess = (event) => { found[name] = event.target.result; };
    }
  });
  // The server knows them; they stay here until the day that it sends holds them too.
  const sent = (uids) => within(["operations"], "readwrite", (act) => {
    const operations = act.objectStore("operations");
    for (const uid of uids) {
      operations.get(uid).onsuccess = (event) => {
        if (event.target.result) operations.put({ ...event.target.result, sent: true });
      };
    }
  });
  // A new day's list: what it holds of ours need not be kept here any longer, and visits that are no longer ours go,
  // unless something done on them still waits to be sent.
  const replace = (rows) => within(["visits", "operations"], "readwrite", (act) => {
    const visits = act.objectStore("visits"), operations = act.objectStore("operations");
    const coming = new Map(rows.map((row) => [row.id, new Set(row.operations.map((one) => one.uid))]));
    operations.getAll().onsuccess = (event) => {
      const own = event.target.result, waiting = new Set(own.filter((one) => !one.sent).map((one) => one.visit));
      for (const one of own) {
        const held = coming.get(one.visit);
        if (one.sent && (!held || held.has(one.uid))) operations.delete(one.uid);
      }
      visits.getAllKeys().onsuccess = (keys) => {
        for (const key of keys.target.result) if (!coming.has(key) && !waiting.has(key)) visits.delete(key);
        for (const row of rows) visits.put(row);
      };
    };
  });
  window.visits = Object.assign(window.visits || {}, { store: { all, get, put, drop, add, snapshot, sent, replace } });
})();
