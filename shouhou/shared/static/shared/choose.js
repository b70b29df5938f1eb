// A long list is not sent with the page: the field asks for what is typed. The first rows come when it gets the focus.
(() => {
  const zh = document.documentElement.lang.startsWith("zh");
  const dress = (root) => {
    for (const field of root.querySelectorAll("select[data-find]:not(.tomselected)")) {
      field.setAttribute("aria-label", field.labels[0]?.textContent.trim() ?? field.name);
      new TomSelect(field, {
        valueField: "value", labelField: "text", searchField: [], preload: "focus", maxOptions: 50, allowEmptyOption: false,
        plugins: field.required ? [] : ["clear_button"],
        load: async (words, give) => {
          const answer = await fetch(field.dataset.find + "?" + new URLSearchParams({ q: words }));
          give(answer.ok ? await answer.json() : []);
        },
        onType() { this.clearOptions(); },
        render: {
          no_results: ({ input }) => {
            const note = document.createElement("div");
            note.className = "no-results";
            note.textContent = input ? field.dataset.none ?? (zh ? "未找到。" : "Nothing found.") : "";
            return input ? note : null;
          },
        },
      });
    }
  };
  dress(document);
  for (const news of ["htmx:after:swap", "refreshed"]) document.addEventListener(news, () => dress(document));
})();
