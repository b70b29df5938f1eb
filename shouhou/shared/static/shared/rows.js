// Choosing rows of a table: all at once, how many, and the bar that moves them, which shows only while some are chosen.
(() => {
  const bar = document.querySelector("[data-bulk]"), all = document.querySelector("[data-all]");
  const count = bar.querySelector("[data-count]");
  const boxes = () => [...document.querySelectorAll(`input[name=pk][form="${bar.closest("form").id}"]`)];
  const show = () => {
    const rows = boxes(), chosen = rows.filter((box) => box.checked).length;
    bar.hidden = !chosen;
    count.textContent = count.dataset.count.replace("N", chosen);
    all.checked = chosen > 0 && chosen === rows.length;
    all.indeterminate = chosen > 0 && chosen < rows.length;
  };
  const set = (on) => { for (const box of boxes()) box.checked = on; show(); };
  document.addEventListener("change", (event) => {
    if (event.target === all) set(all.checked);
    else if (event.target.name === "pk") show();
  });
  bar.querySelector("[data-none]").addEventListener("click", () => set(false));
  document.addEventListener("htmx:after:swap", show); // more rows came: they are not chosen
  // An address says what was chosen, not what was left open.
  document.querySelector("form.filters")?.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });
  window.addEventListener("pageshow", show); // the browser ticks again what was ticked before Back
})();
