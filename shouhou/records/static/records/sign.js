// The box to sign in: what was drawn goes along as a PNG, with the way of the pen.
(() => {
  const form = document.getElementById("sign"), canvas = form.querySelector("canvas");
  const pad = new SignaturePad(canvas, { minWidth: 0.8, maxWidth: 2.4 });
  // As sharp as the screen; what was drawn survives turning the phone.
  const fit = () => {
    const strokes = pad.toData(), scale = Math.max(window.devicePixelRatio || 1, 1);
    if (!canvas.offsetWidth) return;
    canvas.width = canvas.offsetWidth * scale;
    canvas.height = canvas.offsetHeight * scale;
    canvas.getContext("2d").scale(scale, scale);
    pad.clear();
    if (strokes.length) pad.fromData(strokes);
  };
  const choose = () => {
    const how = form.elements.how.value;
    for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== how;
    if (how === "drawn") fit();
  };
  form.elements.how.addEventListener("change", choose);
  form.querySelector("[data-clear]").addEventListener("click", () => pad.clear());
  form.addEventListener("submit", () => {
    const drawn = form.elements.how.value === "drawn" && !pad.isEmpty();
    form.elements.drawn.value = drawn ? pad.toDataURL("image/png") : "";
    const start = drawn ? pad.toData()[0].points[0].time : 0;
    const strokes = drawn ? pad.toData().map((s) => s.points.map((p) => [Math.round(p.x), Math.round(p.y), Math.round(p.time - start)])) : null;
    form.elements.strokes.value = strokes ? JSON.stringify(strokes) : "";
  });
  window.addEventListener("resize", fit);
  choose();
})();
