// The visit folded from its operations: the arithmetic of rules/sheet.py, so that the phone knows without signal which
// step is open. A test folds random stories both ways and compares.
(() => {
  const text = (value) => (value === undefined || value === null ? "" : String(value));
  const blank = (value) => !text(value).trim();

  function inOrder(operations) {
    const once = new Map(operations.map((one) => [one.uid, one])), devices = new Map();
    for (const one of once.values()) devices.set(one.device, [...(devices.get(one.device) || []), one]);
    const placed = [];
    for (const own of devices.values()) {
      let latest = null;
      own.sort((a, b) => a.seq - b.seq || (a.uid < b.uid ? -1 : 1));
      for (const one of own) {
        const at = Date.parse(one.at);
        latest = latest === null ? at : Math.max(latest, at);
        placed.push({ ...one, ms: latest });
      }
    }
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    return placed.sort((a, b) =>
      a.ms - b.ms || compare(a.device, b.device) || a.seq - b.seq || compare(a.uid, b.uid));
  }

  function outside(one, bounds) {
    let holding = null;
    for (const [at, people] of bounds) if (Date.parse(at) <= one.ms) holding = people;
    if (holding === null || holding.includes(one.by)) return "";
    return holding.length ? "not_yours" : "called_off";
  }

  function fold(operations, rules, bounds = []) {
    const order = rules.map((rule) => rule.step), rule = Object.fromEntries(rules.map((r) => [r.step, r]));
    const sheet = {
      fields: {}, setters: {}, steps: {}, conflicts: {}, problems: {}, photos: {}, parts: {}, support: {}, guests: {},
      failures: [], setOut: null, arrived: null, evidence: {}, review: {},
    };
    const setterOf = {}, sorted = [...bounds].sort((a, b) => Date.parse(a[0]) - Date.parse(b[0]));
    const isOpen = (step) => {
      const place = order.indexOf(step), before = place > 0 ? order[place - 1] : "";
      return (!before || before in sheet.steps) && (place < 2 || sheet.arrived !== null);
    };
    const lacking = (step) => {
      const allowed = Object.fromEntries(rule[step].values), value = (name) => sheet.fields[`${step}.${name}`];
      return rule[step].needs.filter((name) =>
        blank(value(name)) || (allowed[name] && !allowed[name].includes(value(name))));
    };
    const exceptionLacking = (step, said) => {
      const wanted = step === "backup" && said.reason === "no_data" ? ["reason"] : rule[step].exception;
      return wanted.filter((name) => blank(said[name]));
    };
    const take = {
      set_out(one) { sheet.setOut ??= one.ms; return ""; },
      arrive(one) {
        if (sheet.arrived === null) [sheet.arrived, sheet.evidence] = [one.ms, { ...one.data }];
        return "";
      },
      field(one) {
        const name = text(one.data.name), value = text(one.data.value), dot = name.indexOf(".");
        const step = dot < 0 ? name : name.slice(0, dot), short = dot < 0 ? "" : name.slice(dot + 1);
        if (!(step in rule) || ![...rule[step].needs, ...rule[step].may].includes(short)) return "unknown";
        if (!isOpen(step)) return "too_early";
        const former = setterOf[name], known = text(one.data.base);
        const strange = former && former.device !== one.device && known !== former.uid;
        if (strange && sheet.fields[name] !== value) sheet.conflicts[name] = [one.uid, former.uid];
        else if (name in sheet.conflicts && known === sheet.conflicts[name][0]) delete sheet.conflicts[name];
        sheet.fields[name] = value;
        sheet.setters[name] = one.uid;
        setterOf[name] = one;
        return "";
      },
      done(one) {
        const step = text(one.data.step);
        if (!(step in rule)) return "unknown";
        if (step in sheet.steps) return "";
        if (!isOpen(step)) return "too_early";
        if (lacking(step).length) return "incomplete";
        if (step === "trial" && sheet.fields["trial.passed"] === "no") {
          sheet.failures.push(one.ms);
          delete sheet.steps.fix;
          delete sheet.fields["trial.passed"];
          return "";
        }
        sheet.steps[step] = { ms: one.ms, how: "done", uid: one.uid, by: one.by, said: {} };
        return "";
      },
      except(one) {
        const step = text(one.data.step);
        if (!(step in rule) || step === "fix") return "unknown";
        if (step in sheet.steps) return "";
        if (!isOpen(step)) return "too_early";
        const said = Object.fromEntries(rule[step].exception.map((name) => [name, text(one.data[name])]));
        if (exceptionLacking(step, said).length) return "incomplete";
        sheet.steps[step] = { ms: one.ms, how: "excepted", uid: one.uid, by: one.by, said };
        return "";
      },
      problem(one) {
        const words = text(one.data.words).trim();
        if (words) sheet.problems[one.uid] = words;
        return words ? "" : "incomplete";
      },
      photo(one) {
        if (!one.data.sha256) return "incomplete";
        sheet.photos[one.uid] = { ...one.data };
        return "";
      },
      part(one) {
        const name = text(one.data.name).trim(), count = one.data.count;
        if (!name || !Number.isInteger(count) || count < 1) return "incomplete";
        sheet.parts[one.uid] = { name, count, number: text(one.data.number) };
        return "";
      },
      part_removed(one) {
        const part = text(one.data.part);
        if (!(part in sheet.parts)) return "unknown";
        delete sheet.parts[part];
        return "";
      },
      guest(one) {
        const name = text(one.data.name).trim();
        if (sheet.arrived === null) return "too_early";
        if (name) sheet.guests[one.uid] = { ms: one.ms, name, of: text(one.data.of).trim(), work: "" };
        return name ? "" : "incomplete";
      },
      guest_work(one) {
        const guest = text(one.data.guest);
        if (!Object.hasOwn(sheet.guests, guest)) return "unknown";
        sheet.guests[guest].work = text(one.data.words).trim();
        return "";
      },
      support(one) { sheet.support[one.uid] = [one.ms, text(one.data.words)]; return ""; },
    };
    for (const one of inOrder(operations)) {
      let why = one.allowed ? "" : outside(one, sorted);
      if (!why && !Object.hasOwn(take, one.kind)) why = "unknown";
      if (!why && "leave" in sheet.steps && one.kind !== "photo" && !one.allowed) why = "ended";
      why ||= take[one.kind](one);
      if (why) sheet.review[one.uid] = why;
    }
    sheet.step = order.find((step) => !(step in sheet.steps)) || "";
    return Object.assign(sheet, { isOpen, lacking, exceptionLacking });
  }
  window.visits = Object.assign(window.visits || {}, { fold });
})();
