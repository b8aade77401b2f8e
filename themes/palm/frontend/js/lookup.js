// A select that asks the server: fetched only where a form or a filter has one.
import TomSelect from "tom-select/base";

export function lookup(field, words) {
  const name = field.labels?.[0]?.textContent.replace("*", "").trim() || field.getAttribute("aria-label");
  const href = field.dataset.lookup;
  if (name) field.setAttribute("aria-label", name);
  const options = {
    allowEmptyOption: true, maxOptions: 200, placeholder: words.find, hidePlaceholder: false,
    render: {no_results: () => Object.assign(document.createElement("div"), {className: "no-results", textContent: words.none})},
  };
  if (href) {
    Object.assign(options, {
      valueField: "id", labelField: "label", searchField: [], sortField: [{field: "$order"}, {field: "$score"}], preload: "focus", shouldLoad: () => true, score: () => () => 1,
      load: async (typed, done) => {
        try {
          const answer = await fetch(`${href}?q=${encodeURIComponent(typed)}`, {headers: {Accept: "application/json"}});
          done((await answer.json()).items.map((item, at) => ({...item, $order: 100 + at})));
        } catch {
          done();
        }
      },
      onType() { this.clearOptions((option) => option.id === this.getValue() || option.value === this.getValue()); },
    });
  }
  const select = new TomSelect(field, options);
  select.control_input.setAttribute("aria-label", name || words.find);
}
