// Something asked for each row of a selection: scanned codes go to the next open row, three ways to fill stand behind tabs.
const $ = (selector, root) => root.querySelector(selector);
const $$ = (selector, root) => [...root.querySelectorAll(selector)];

export function each(box, {t, lazy, sheet}) {
  const form = box.closest("form"), save = $("[data-save]", form), scan = $("[data-each-scan]", box), next = $("[data-each-next]", box);
  const rows = $$("[data-each-row]", box).map((row) => ({row, name: row.dataset.name, input: $("input:not([type=hidden])", row), wrong: $("[data-each-error]", row)}));
  const verb = save.textContent.trim().replace(/[\s:：]*[\d,.]+$/, "");
  tabs(box);

  // What the server found wrong stands until that row is typed in again.
  const told = new Map(rows.map(({row, wrong, input}) => [row, [input.value, wrong.textContent]]));
  function paint() {
    const seen = new Map();
    const count = {all: rows.length, ready: 0, wrong: 0, open: 0};
    const needed = !box.hasAttribute("data-unasked");
    for (const {row, name, input, wrong} of rows) {
      const value = input.value.replace(/\s/g, "").toUpperCase();
      const [was, said] = told.get(row);
      let error = input.value === was ? said : "";
      if (value && seen.has(value)) error = t("twice").replace("{name}", seen.get(value));
      else if (value) seen.set(value, name);
      const state = !needed ? "ready" : !value ? "open" : error ? "wrong" : "ready";
      count[state]++;
      row.dataset.state = state;
      wrong.textContent = state === "wrong" ? error : "";
      wrong.hidden = state !== "wrong";
      input.setAttribute("aria-invalid", state === "wrong");
    }
    $("[data-each-counts]", box).textContent = t("eachcounts").replace(/\{(\w+)\}/g, (_all, key) => count[key]);
    save.textContent = `${verb} ${count.ready}`;
    save.disabled = !count.ready;
    const open = rows.find(({input}) => !input.value.trim());
    for (const {row} of rows) row.classList.toggle("is-next", row === open?.row && needed);
    next.textContent = open ? t("next").replace("{name}", open.name) : t("allfilled");
    return next.textContent;
  }

  function take(code) {
    const open = rows.find(({input}) => !input.value.trim());
    if (open) open.input.value = code.trim();
    return paint();
  }

  // Another field of the form may decide that nothing is asked for each row.
  const deciding = () => {
    const field = $("[data-each-when]", box);
    if (!field) return paint();
    const wanted = JSON.parse(field.dataset.wanted), other = form.elements[field.dataset.eachWhen];
    box.toggleAttribute("data-unasked", Boolean(other) && !wanted.includes(other.value));
    return paint();
  };

  scan.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (scan.value.trim()) take(scan.value);
    scan.value = "";
  });
  scan.addEventListener("input", (event) => event.stopPropagation());
  box.addEventListener("input", paint);
  form.addEventListener("change", deciding);
  $$(".each-field input", box).forEach((input, at, all) => input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    (all[at + 1] || save).focus();
  }));
  $("[data-each-camera]", box)?.addEventListener("click", async () => (await lazy()).scan(sheet, t, take));
  deciding();
  if (!form.hasAttribute("data-has-errors")) scan.focus();
}

function tabs(box) {
  const panes = $$("[data-pane]", box), bar = document.createElement("div");
  bar.className = "seg";
  bar.setAttribute("role", "tablist");
  const show = (chosen) => panes.forEach((pane, at) => {
    pane.hidden = at !== chosen;
    bar.children[at].setAttribute("aria-selected", at === chosen);
    bar.children[at].tabIndex = at === chosen ? 0 : -1;
  });
  panes.forEach((pane, at) => {
    const tab = document.createElement("button");
    Object.assign(tab, {type: "button", textContent: pane.dataset.pane});
    tab.setAttribute("role", "tab");
    tab.addEventListener("click", () => { show(at); $("input, textarea", pane)?.focus(); });
    tab.addEventListener("keydown", (event) => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (!step) return;
      const to = (at + step + panes.length) % panes.length;
      show(to);
      bar.children[to].focus();
    });
    bar.append(tab);
  });
  panes[0].parentNode.prepend(bar);
  show(0);
}
