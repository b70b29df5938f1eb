// What this phone's clock is behind ours by. Measured whenever the server answers; between two answers a clock that is
// set by hand shows against the running time of the page, and is corrected at once.
(() => {
  const JUMP = 5000; // ms: less than that is the two clocks' own drift
  const { store } = window.visits;
  let offset = 0, measured = false, wall = Date.now(), ran = performance.now();

  function look() {
    const nowWall = Date.now(), nowRan = performance.now(), jump = nowWall - wall - (nowRan - ran);
    if (Math.abs(jump) > JUMP) keep(offset - jump);
    [wall, ran] = [nowWall, nowRan];
    return offset;
  }
  function keep(value) {
    offset = Math.round(value);
    store.put("meta", { key: "offset", value: offset });
  }
  // The server's instant lies between our asking and its answer; half of the way is the best guess.
  function heard(server, asked, answered) {
    const behind = Date.parse(server) - (asked + answered) / 2;
    look();
    if (!measured || Math.abs(behind - offset) > Math.max(2000, answered - asked)) keep(behind);
    measured = true;
  }
  // What was measured before the page was closed holds until the server is heard again.
  async function load() {
    const known = await store.get("meta", "offset");
    if (known && !measured) offset = known.value;
  }
  setInterval(look, 2000);
  window.visits = Object.assign(window.visits || {}, { clock: { load, look, heard, now: () => Date.now() + look() } });
})();
