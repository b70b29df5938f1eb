// The day's time line: bars find their places, and a bar dropped elsewhere moves the visit, in steps of a quarter hour.
(() => {
  const lay = () => {
    for (const bar of document.querySelectorAll("[data-left]")) {
      bar.style.left = `${bar.dataset.left}%`;
      bar.style.width = `${bar.dataset.width}%`;
    }
  };
  let held = null, grip = 0;
  document.addEventListener("dragstart", (event) => {
    const bar = event.target.closest?.("[data-visit]");
    if (!bar) return;
    held = bar;
    grip = event.clientX - bar.getBoundingClientRect().left;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", bar.textContent.trim());
  });
  const track = (event) => held && event.target.closest?.("[data-engineer]");
  document.addEventListener("dragover", (event) => { if (track(event)) event.preventDefault(); });
  document.addEventListener("dragend", () => { held = null; });
  document.addEventListener("drop", (event) => {
    const onto = track(event), lanes = document.querySelector("[data-lanes]"), form = document.getElementById("moving");
    if (!onto || !lanes) return;
    event.preventDefault();
    const line = onto.getBoundingClientRect(), share = (event.clientX - grip - line.left) / line.width;
    const quarters = Math.max(0, Math.round(share * Number(lanes.dataset.hours) * 4)), minute = Number(lanes.dataset.first) * 60 + quarters * 15;
    form.action = `/visits/${held.dataset.visit}/move/`;
    form.elements.engineer.value = onto.dataset.engineer;
    form.elements.minutes.value = held.dataset.minutes;
    form.elements.starts_at.value = `${lanes.dataset.day}T${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
    held = null;
    form.submit();
  });
  lay();
  document.addEventListener("htmx:after:swap", lay);
})();
