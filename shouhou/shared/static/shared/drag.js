// The roster by dragging: a kind of shift, or a shift, onto a person's day. Each drop presses a button of the form, so
// that what the hand can do the keys can do too.
(() => {
  let held = null;
  const cell = (event) => event.target.closest?.("td[data-user]");
  document.addEventListener("dragstart", (event) => {
    const chip = event.target.closest?.("[data-shift], [data-kind]");
    if (!chip) return;
    held = chip.dataset.shift ? `move ${chip.dataset.shift}` : `put ${chip.dataset.kind}`;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", chip.textContent.trim());
  });
  document.addEventListener("dragover", (event) => {
    const over = held && cell(event);
    for (const other of document.querySelectorAll("td.onto")) if (other !== over) other.classList.remove("onto");
    if (!over) return;
    event.preventDefault();
    over.classList.add("onto");
  });
  document.addEventListener("dragend", () => {
    held = null;
    for (const other of document.querySelectorAll("td.onto")) other.classList.remove("onto");
  });
  document.addEventListener("drop", (event) => {
    const onto = held && cell(event), button = document.querySelector("[data-drop]");
    if (!onto || !button) return;
    event.preventDefault();
    button.value = `${held} ${onto.dataset.user} ${onto.dataset.day}`;
    held = null;
    button.click();
  });
})();
