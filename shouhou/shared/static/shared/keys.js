// Keyboard, countdowns, pasted pictures and unsaved words. No framework, no dependence on one page.
(() => {
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  let prefix = "";

  const step = (by) => {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("at"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    rows.forEach((row) => row.classList.remove("at"));
    next.classList.add("at");
    next.querySelector("a")?.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (prefix === "g") {
      prefix = "";
      const place = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      if (place) { event.preventDefault(); place.click(); }
      return;
    }
    if (event.key === "g") { prefix = "g"; setTimeout(() => (prefix = ""), 1200); return; }
    if (event.key === "/") { event.preventDefault(); document.getElementById("search")?.focus(); return; }
    if (event.key === "?") { document.getElementById("help")?.showModal(); return; }
    if (event.key === "j") { step(1); return; }
    if (event.key === "k") { step(-1); return; }
    const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (button) { event.preventDefault(); button.click(); }
  });

  // Countdowns: the server wrote the words; only the distance is refreshed.
  const zh = document.documentElement.lang.startsWith("zh");
  const words = (ms) => {
    const s = Math.abs(ms) / 1000, d = Math.floor(s / 86400), h = Math.floor((s % 86400) / 3600), m = Math.floor((s % 3600) / 60);
    const unit = zh ? ["天", "小时", "分钟", "秒"] : [" d", " h", " min", " s"];
    if (d) return d + unit[0] + (h ? " " + h + unit[1] : "");
    if (h) return h + unit[1] + (m ? " " + m + unit[2] : "");
    if (m) return m + unit[2];
    return Math.floor(s) + unit[3];
  };
  const tick = () => {
    for (const el of document.querySelectorAll("[data-due]")) {
      const left = new Date(el.dataset.due) - Date.now();
      el.textContent = left >= 0 ? (zh ? "还剩 " : "") + words(left) + (zh ? "" : " left") : (zh ? "已超 " : "") + words(left) + (zh ? "" : " over");
      el.classList.toggle("over", left < 0);
      if (left < 0) el.closest(".state")?.classList.add("broken");
    }
  };
  tick();
  setInterval(tick, 1000);
  for (const news of ["htmx:after:swap", "refreshed"]) document.addEventListener(news, tick);

  // A screenshot pasted anywhere in a form with a file field becomes an attachment; files may be dropped on it too.
  const give = (field, files) => {
    const all = new DataTransfer();
    for (const file of [...field.files, ...files]) all.items.add(file);
    field.files = all.files;
    const list = field.closest("[data-files]")?.querySelector("[data-names]");
    if (list) list.textContent = [...field.files].map((file) => file.name).join("  ");
  };
  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-print]")) window.print(); });
  document.addEventListener("paste", (event) => {
    const field = event.target.closest?.("form")?.querySelector("[data-files] input[type=file]") ?? document.querySelector("[data-files] input[type=file]");
    const files = [...(event.clipboardData?.files ?? [])];
    if (!field || !files.length) return;
    event.preventDefault();
    const stamp = new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-");
    give(field, files.map((file, i) => new File([file], file.name === "image.png" ? `${zh ? "截图" : "screenshot"}-${stamp}-${i + 1}.png` : file.name, { type: file.type })));
  });
  document.addEventListener("dragover", (event) => { if (event.target.closest?.("[data-files]")) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    const zone = event.target.closest?.("[data-files]");
    if (!zone) return;
    event.preventDefault();
    give(zone.querySelector("input[type=file]"), event.dataTransfer.files);
  });
  document.addEventListener("change", (event) => { if (event.target.matches?.("[data-files] input[type=file]")) give(event.target, []); });

  // What was typed survives a lost session or a closed tab, until the form was sent.
  // By the form's own address: a page that comes back from one form's address still knows what stood in the others.
  const memory = (form) => "draft:" + (form.getAttribute("action") ?? location.pathname) + ":" + form.dataset.draft;
  const tell = (form) => {
    const note = document.createElement("p");
    note.className = "form-hint";
    note.textContent = zh ? "已恢复上次未提交的内容。" : "What you had not sent yet is here again. ";
    const clear = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm", textContent: zh ? "清空" : "Clear" });
    clear.addEventListener("click", () => { sessionStorage.removeItem(memory(form)); location.reload(); });
    note.append(clear);
    form.prepend(note);
  };
  const restore = (root) => {
    for (const form of root.querySelectorAll("form[data-draft]")) {
      if (form.querySelector(".is-invalid")) continue;
      let wish = null, restored = false;
      for (const [name, value] of Object.entries(JSON.parse(sessionStorage.getItem(memory(form)) ?? "{}"))) {
        const field = form.elements.namedItem(name);
        const standing = field?.tagName === "SELECT" ? location.search !== "" || ![...field.options].some((o) => o.value === value) : field?.value;
        if (!field || !("value" in field) || standing || field.value === value) continue;
        field.value = value;
        restored = true;
        wish = field.dataset.refresh ?? wish;
      }
      if (restored && root === document) tell(form);
      if (wish) htmx.trigger(document.querySelector(wish), "refresh"); // what depends on it is asked for again
    }
  };
  // A draft is forgotten once it was taken: not when signing in stands in between, when it came back with errors, or
  // when it was refused (a red toast).
  const sent = sessionStorage.getItem("draft-sent");
  sessionStorage.removeItem("draft-sent");
  if (sent && !document.querySelector("#id_login, .is-invalid, #not-here, #toast .alert-danger")) sessionStorage.removeItem(sent);
  restore(document);
  for (const news of ["htmx:after:swap", "refreshed"]) document.addEventListener(news, (event) => restore(event.target));
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-draft]");
    if (!form) return;
    const values = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
    sessionStorage.setItem(memory(form), JSON.stringify(Object.fromEntries(values)));
  });
  document.addEventListener("submit", (event) => {
    if (event.target.dataset?.draft) sessionStorage.setItem("draft-sent", memory(event.target));
  });
  (document.querySelector("[data-focus]") ?? document.querySelector("form .is-invalid"))?.focus();

  // What cannot be taken back asks first; Enter in a field presses the button beside it, not the form's first one.
  document.addEventListener("click", (event) => {
    const sure = event.target.closest?.("button[data-sure]");
    if (sure && !window.confirm(sure.dataset.sure)) event.preventDefault();
    const copy = event.target.closest?.("button[data-copy]");
    if (copy) navigator.clipboard?.writeText(document.querySelector(copy.dataset.copy).value);
  });
  document.addEventListener("keydown", (event) => {
    const beside = event.target.tagName === "INPUT" && event.target.nextElementSibling;
    if (event.key !== "Enter" || event.isComposing || !beside || !beside.matches("button[name]")) return;
    event.preventDefault();
    beside.click();
  });

  // Some fields change what else the form offers: they ask another element to refresh it.
  document.addEventListener("change", (event) => {
    const wish = event.target.dataset?.refresh && document.querySelector(event.target.dataset.refresh);
    if (!wish) return;
    wish.setAttribute("hx-vals", JSON.stringify({ changed: event.target.name }));
    htmx.trigger(wish, "refresh");
  });
})();
