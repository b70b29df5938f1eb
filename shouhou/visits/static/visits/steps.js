// The ten steps on the screen: each field as the norm asks for it, and the way past what cannot be done.
(() => {
  const LONG = new Set(["verify.found", "fix.cause", "fix.remedy", "explain.precautions", "trial.words"]);
  const SCORES = new Set(["attitude", "quality", "solving"]);
  const make = (tag, attributes = {}, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...inside.filter((part) => part !== null && part !== undefined && part !== ""));
    return element;
  };
  const button = (words, click, look = "btn") => make("button", { type: "button", class: look, onclick: click }, words);

  function choice(name, values, chosen, words, change) {
    return make("div", { class: "choices", role: "radiogroup" }, ...values.map((value) => {
      const input = make("input", { type: "radio", class: "btn-check", name, id: `${name}=${value}`, value,
        onchange: () => change(value) });
      input.checked = chosen === value;
      return make("span", {}, input, make("label", { class: "btn", for: `${name}=${value}` }, words[value] || value));
    }));
  }
  function written(name, value, typed, change) {
    const long = LONG.has(name);
    const input = make(long ? "textarea" : "input", { class: "form-control", id: name, rows: long ? 3 : null, maxlength: 4000,
      oninput: (event) => typed(event.target.value), onchange: (event) => change(event.target.value) });
    input.value = value;
    return input;
  }
  function signature(page, name, value, put) {
    const canvas = make("canvas", { class: "signature", width: 640, height: 260, id: name, "aria-label": page.words.fields[name] });
    const pad = new SignaturePad(canvas, { penColor: "#123", backgroundColor: "#fff" });
    pad.addEventListener("endStroke", () => canvas.toBlob((blob) => page.keepPhoto(blob).then((sha) => put(name, sha)), "image/png"));
    const clear = button(page.words.page.clear, () => { pad.clear(); put(name, ""); }, "btn btn-sm");
    if (value) page.photo(value).then((data) => data && pad.fromDataURL(data, { width: 640, height: 260 }));
    return make("div", {}, canvas, clear);
  }
  // On the one page nothing is sent before the end: what is filled in early would come before its step is open.
  function field(page, rule, name, needed, put = page.write) {
    const full = `${rule.step}.${name}`, { words } = page, value = page.value(full);
    const values = Object.fromEntries(rule.values)[name] || (SCORES.has(name) ? ["1", "2", "3", "4", "5"] : null);
    const input = full === "sign.signature" ? signature(page, full, value, put)
      : values ? choice(full, values, value, words.values, (chosen) => put(full, chosen))
      : written(full, value, (typed) => page.draft(full, typed), (typed) => put(full, typed));
    const strange = page.sheet.conflicts[full] ? make("div", { class: "state broken" }, words.page.conflict) : null;
    return make("div", { class: "mb-3", "data-field": full },
      make("label", { class: "form-label", for: full }, words.fields[full], needed ? make("span", { class: "needed" }, " *") : null),
      input, strange);
  }
  function exception(page, rule) {
    if (rule.step === "fix") return null;
    const { words } = page, said = {};
    const inputs = rule.exception.map((name) => make("div", { class: "mb-2" },
      make("label", { class: "form-label", for: `${rule.step}!${name}` }, words.exceptions[name]),
      make("input", { class: "form-control", id: `${rule.step}!${name}`, oninput: (event) => { said[name] = event.target.value; } })));
    const lacks = make("div", { class: "state broken", hidden: true }, words.page.lacks);
    const go = (more) => {
      Object.assign(said, more);
      lacks.hidden = !page.sheet.exceptionLacking(rule.step, said).length;
      if (lacks.hidden) page.act("except", { step: rule.step, ...said });
    };
    const quick = rule.step === "backup" ? button(words.exceptions.no_data, () => go({ reason: "no_data" }), "btn mb-2 w-100") : null;
    return make("details", { class: "exception" }, make("summary", {}, words.page.exception), quick, ...inputs, lacks,
      button(words.page.pass, () => go({}), "btn w-100"));
  }
  function speech(page, step) {
    const { words, visit } = page, said = (text) => make("p", { class: "say" }, make("q", {}, text));
    const filled = (text) => text.replace("%(name)s", page.me.name || "").replace("%(company)s", page.company || "");
    if (step === "meet") return said(filled(visit.returning ? words.page.returning : words.page.first));
    if (step === "sign") return make("figure", { class: "code" }, make("img", { src: visit.code, alt: words.page.code, width: 160, height: 160 }), make("figcaption", { class: "text-secondary" }, words.page.code));
    if (step === "badge") return make("figure", { class: "code" }, make("img", { src: visit.badge, alt: words.page.badge, width: 160, height: 160 }), make("figcaption", { class: "text-secondary" }, words.page.badge));
    if (step === "leave") return said(words.page.farewell);
    if (step === "explain") return make("p", { class: "prose" }, `${page.value("fix.cause")}\n${page.value("fix.remedy")}`);
    return null;
  }
  function passed(page, rule, how) {
    const names = [...rule.needs, ...rule.may].map((name) => `${rule.step}.${name}`).filter((name) => page.sheet.fields[name]);
    const lines = how.how === "excepted"
      ? Object.entries(how.said).filter(([, value]) => value).map(([name, value]) => [page.words.exceptions[name], page.words.exceptions[value] || value])
      : names.filter((name) => name !== "sign.signature").map((name) => [page.words.fields[name], page.words.values[page.sheet.fields[name]] || page.sheet.fields[name]]);
    return make("details", { class: "step passed" },
      make("summary", {}, make("span", { class: `state ${how.how === "done" ? "kept" : "at_risk"}` }, page.clock(how.ms)), " ", page.words.steps[rule.step]),
      make("dl", { class: "facts" }, ...lines.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])));
  }
  function open(page, rule) {
    const lacks = make("div", { class: "state broken", hidden: true }, page.words.page.lacks);
    const done = async () => {
      const missing = (await page.flush()).lacking(rule.step);
      lacks.hidden = !missing.length;
      if (!missing.length) return page.act("done", { step: rule.step });
      lacks.textContent = `${page.words.page.lacks}: ${missing.map((name) => page.words.fields[`${rule.step}.${name}`]).join(", ")}`;
      document.getElementById(`${rule.step}.${missing[0]}`)?.focus();
    };
    return make("section", { class: "step open card", "data-step": rule.step }, make("div", { class: "card-body" },
      make("h2", { class: "card-title" }, page.words.steps[rule.step]), speech(page, rule.step),
      ...rule.needs.map((name) => field(page, rule, name, true)), ...rule.may.map((name) => field(page, rule, name, false)),
      lacks, button(page.words.page.next, done, "btn btn-primary btn-lg w-100"), exception(page, rule)));
  }
  function arrival(page, rule) {
    const arrived = button(page.words.page.arrive, (event) => { event.target.disabled = true; page.arrive(); }, "btn btn-primary btn-lg w-100");
    return make("section", { class: "step card", "data-arrive": rule.step }, make("div", { class: "card-body" }, make("h2", { class: "card-title" }, page.words.steps[rule.step]), arrived));
  }
  function locked(page, rule) {
    return make("div", { class: "step locked" }, page.words.steps[rule.step]);
  }
  // Everything that is left on one page, for who has done it often; the steps are passed in their order at the end.
  function together(page, rules) {
    const lacks = make("div", { class: "state broken", hidden: !page.lacking }, page.lacking), { words } = page, skipped = new Set();
    const rows = rules.map((rule) => make("fieldset", { class: "mb-3", "data-together": rule.step },
      make("legend", { class: "h3" }, words.steps[rule.step]), speech(page, rule.step),
      rule.step === "backup" ? make("label", { class: "form-check" }, make("input", { type: "checkbox", class: "form-check-input", id: "together.no_data",
        onchange: (event) => { skipped[event.target.checked ? "add" : "delete"]("backup"); } }), make("span", { class: "form-check-label" }, words.exceptions.no_data)) : null,
      ...rule.needs.map((name) => field(page, rule, name, true, page.draft)), ...rule.may.map((name) => field(page, rule, name, false, page.draft))));
    const run = async () => {
      for (const rule of rules) {
        const known = await page.reread();
        if (rule.step in known.steps) continue;
        if (!known.isOpen(rule.step)) break;
        if (skipped.has(rule.step)) { await page.act("except", { step: rule.step, reason: "no_data" }, true); continue; }
        const missing = (await page.flush(rule.step)).lacking(rule.step);
        if (missing.length) {
          const named = missing.map((name) => words.fields[`${rule.step}.${name}`]).join(", ");
          return [`${words.steps[rule.step]} · ${words.page.lacks}: ${named}`, `${rule.step}.${missing[0]}`];
        }
        await page.act("done", { step: rule.step }, true);
      }
      return ["", ""];
    };
    const all = () => page.alone(async () => {
      const [text, first] = await run();
      await page.redraw(text);
      document.getElementById(first)?.focus();
    });
    return make("section", { class: "card", "data-step": "together" }, make("div", { class: "card-body" }, ...rows, lacks,
      button(words.page.all, all, "btn btn-primary btn-lg w-100")));
  }
  function steps(page) {
    let shown = false;
    const left = page.rules.filter((rule) => !(rule.step in page.sheet.steps)), at = left[0]?.step;
    if (page.together && at && page.sheet.arrived !== null && page.sheet.isOpen(at)) {
      return [...page.rules.filter((rule) => rule.step in page.sheet.steps).map((rule) => passed(page, rule, page.sheet.steps[rule.step])), together(page, left)];
    }
    return page.rules.map((rule) => {
      const how = page.sheet.steps[rule.step];
      if (how) return passed(page, rule, how);
      const next = !shown, may = page.sheet.isOpen(rule.step);
      shown = true;
      if (next && !may) return arrival(page, rule); // all before it is done: what it waits for is the arrival
      return next ? open(page, rule) : locked(page, rule);
    });
  }
  window.visits = Object.assign(window.visits, { make, button, steps });
})();
