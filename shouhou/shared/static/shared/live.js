// Live screens: one stream per page. A topic that moved refreshes the elements that watch it, at most once a second,
// and never takes away what somebody is typing, or a part that they have opened.
(() => {
  const FIELDS = "input:not([type=hidden]), textarea, select";

  const touched = (field) => {
    if (field === document.activeElement) return true;
    if (field.tagName === "SELECT") {
      const standing = [...field.options].filter((option) => option.defaultSelected);
      return field.value !== (standing.at(-1) ?? field.options[0] ?? { value: "" }).value;
    }
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  };
  const busy = (el) =>
    el.querySelector("details[open][hx-get]") !== null || // its form may still be on the way
    [...el.querySelectorAll(FIELDS)].some((field) => touched(field) || (field.closest("details[open]") && el.contains(field.closest("details[open]"))));

  const replace = (old, fresh) => {
    const opened = [...old.querySelectorAll("details[data-code][open]")].map((el) => el.dataset.code);
    old.replaceWith(fresh);
    for (const code of opened) fresh.querySelector(`details[data-code="${CSS.escape(code)}"]`)?.setAttribute("open", "");
    window.htmx?.process(fresh);
    fresh.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
  };

  const refresh = async (el) => {
    const answer = await fetch(el.dataset.from, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(el.id);
    if (!fresh || !el.isConnected) return;
    if (!busy(el)) { replace(el, fresh); return; }
    for (const block of el.querySelectorAll("[data-block]")) {
      const next = fresh.querySelector(`#${CSS.escape(block.id)}`);
      if (next && !busy(block)) replace(block, next);
    }
  };

  const topics = [...new Set([...document.querySelectorAll("[data-live]")].map((el) => el.dataset.live))];
  if (!topics.length || !window.EventSource) return;
  const source = new EventSource("/events?" + new URLSearchParams(topics.map((topic) => ["topic", topic])));
  const last = new Map(), timers = new Map();
  source.addEventListener("moved", (event) => {
    for (const topic of JSON.parse(event.data)) {
      clearTimeout(timers.get(topic));
      timers.set(topic, setTimeout(() => {
        last.set(topic, Date.now());
        for (const el of document.querySelectorAll(`[data-live="${CSS.escape(topic)}"]`)) refresh(el);
      }, Math.max(0, (last.get(topic) ?? 0) + 1000 - Date.now())));
    }
  });
})();
