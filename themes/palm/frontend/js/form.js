// Forms: errors first, drafts kept, nothing lost by leaving, languages as tabs, lines added and removed.
import {$, $$, el, icon, lazy, t} from "./util.js";
import {sheet} from "./dialogs.js";
import {pictures, send} from "./pictures.js";

const KEY = "zg-draft:";
const dirty = new Set();
let leaving = false;

// -- drafts ---------------------------------------------------------------------------------

function typed(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || field.type === "hidden" || field.type === "password" || field.type === "file" || field.type === "submit") continue;
    const own = field.type === "checkbox" || field.type === "radio" ? (field.checked ? [field.value] : [])
      : field.multiple ? [...field.selectedOptions].map((o) => [o.value, o.textContent]) : field.dataset.lookup !== undefined
        ? [[field.value, field.selectedOptions[0]?.textContent || ""]] : [field.value];
    values[field.name] = [...(values[field.name] || []), ...own];
  }
  return values;
}

function put(form, values) {
  for (const field of form.elements) {
    const own = values[field.name];
    if (!own || field.type === "hidden" || field.type === "password" || field.type === "file") continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = own.includes(field.value);
    else if (Array.isArray(own[0])) {
      for (const [value, label] of own) if (value && ![...field.options].some((o) => o.value === value)) field.append(new Option(label, value));
      for (const option of field.options) option.selected = own.some(([value]) => value === option.value);
    } else field.value = own.length > 1 ? own.shift() : own[0] ?? "";
  }
}

function draft(form) {
  const key = form.dataset.draft && KEY + form.dataset.draft;
  const version = form.elements.row_version?.value || "";
  const sent = sessionStorage.getItem("zg-sent");
  sessionStorage.removeItem("zg-sent");
  if (sent && !(sent === key && "hasErrors" in form.dataset)) localStorage.removeItem(sent);
  if (!key) return;
  const first = JSON.stringify(typed(form));
  const kept = JSON.parse(localStorage.getItem(key) || "null");
  if (kept && !("hasErrors" in form.dataset)) offer(form, key, kept, kept.version === version, first);
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const now = JSON.stringify(typed(form));
      dirty[now === first ? "delete" : "add"](form);
      if (now === first) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify({version, values: JSON.parse(now)}));
      const note = $("[data-save-note]", form);
      if (note) note.textContent = now === first ? "" : t("kept");
    }, 300);
  });
  form.addEventListener("submit", () => { leaving = true; sessionStorage.setItem("zg-sent", key); });
}

function offer(form, key, kept, fits, first) {
  if (fits) put(form, kept.values);
  const drop = el("button", {className: "btn btn-sm", type: "button", textContent: t("discard")});
  const use = el("button", {className: "btn btn-sm", type: "button", textContent: t("usedraft"), hidden: fits});
  const bar = el("div", {className: "alert draft-bar", role: "status"}, icon("note"), el("p", {textContent: t(fits ? "draft" : "olddraft")}), use, drop);
  drop.addEventListener("click", () => { localStorage.removeItem(key); leaving = true; location.reload(); });
  use.addEventListener("click", () => { put(form, kept.values); use.remove(); form.dispatchEvent(new Event("input", {bubbles: true})); });
  form.prepend(bar);
  if (fits && JSON.stringify(typed(form)) !== first) dirty.add(form);
}

addEventListener("beforeunload", (event) => { if (dirty.size && !leaving) event.preventDefault(); });

// -- languages as tabs ------------------------------------------------------------------------

function languages(box) {
  const panes = $$(".pane", box);
  if (panes.length < 2) return;
  const bar = el("div", {className: "seg", role: "tablist"});
  const show = (chosen) => panes.forEach((pane, at) => {
    pane.hidden = at !== chosen;
    bar.children[at].setAttribute("aria-selected", at === chosen);
    bar.children[at].tabIndex = at === chosen ? 0 : -1;
  });
  panes.forEach((pane, at) => {
    const tab = el("button", {type: "button", role: "tab", textContent: pane.dataset.lang});
    tab.addEventListener("click", () => show(at));
    tab.addEventListener("keydown", (event) => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (!step) return;
      const next = (at + step + panes.length) % panes.length;
      show(next);
      bar.children[next].focus();
    });
    bar.append(tab);
  });
  box.prepend(bar);
  box.classList.add("on");
  show(0);
}

// -- lines --------------------------------------------------------------------------------------

function renumber(line, from, to) {
  for (const node of [line, ...$$("*", line)]) {
    for (const name of ["name", "id", "for", "data-scan", "aria-describedby", "data-name"]) {
      const value = node.getAttribute(name);
      if (value) node.setAttribute(name, value.replaceAll(`-${from}-`, `-${to}-`));
    }
  }
}

function lines(box) {
  const blank = $("[data-blank]", box);
  if (!blank) return;
  const at = Number($("[name]", blank).name.match(/-(\d+)-/)[1]);
  const pattern = blank.cloneNode(true);
  // A blank line is for who has none yet: beside lines that are there it would come anew with every refusal.
  const full = $$(".line", box).length > 1;
  if (full) blank.remove();
  let next = full ? at : at + 1;
  $("[data-line-add]", box).addEventListener("click", () => {
    const line = pattern.cloneNode(true);
    renumber(line, at, next++);
    $$(".line", box).at?.(-1) ? $$(".line", box).at(-1).after(line) : box.prepend(line);
    line.removeAttribute("data-blank");
    lookups(line);
    $("input, select", line).focus();
  });
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-line-remove]");
    if (!button) return;
    const line = button.closest(".line");
    const form = line.closest("form");
    line.remove();
    form.dispatchEvent(new Event("input", {bubbles: true}));
  });
}

// -- fields that depend on another one --------------------------------------------------------------

function chosen(form, name) {
  const inputs = [...form.elements].filter((field) => field.name === name && !field.closest("noscript"));
  const texts = inputs.flatMap((field) => field.type === "checkbox" || field.type === "radio" ? (field.checked ? [field.value] : [])
    : field.multiple ? [...field.selectedOptions].map((option) => option.value) : [field.value.trim()]);
  return inputs.length ? (texts.length ? texts : [""]) : null;
}

function conditions(form) {
  const fields = $$("[data-when]", form);
  if (!fields.length) return;
  const update = () => {
    // As often as one may depend on another: what depends on a field that does not count does not count either.
    for (let round = 0; round < fields.length; round++) {
      for (const field of fields) {
        const texts = chosen(form, field.dataset.when);
        if (!texts) continue;
        const wanted = JSON.parse(field.dataset.wanted);
        const other = [...form.elements].find((input) => input.name === field.dataset.when);
        const on = !other.closest("[data-off]") && texts.some((text) => wanted.length ? wanted.includes(text) : text);
        field.toggleAttribute("data-off", !on);
      }
    }
    for (const group of $$(".form-group", form)) group.toggleAttribute("data-off", !$(".field:not([data-off])", group));
  };
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  update();
}

// -- a number with a minus and a plus ----------------------------------------------------------------

function steps(box) {
  const input = $("input", box);
  const most = input.dataset.most === undefined ? Infinity : Number(input.dataset.most);
  const number = () => Math.min(most, Math.max(0, Number.parseInt(input.value, 10) || 0));
  const update = () => {
    $("[data-by='-1']", box).disabled = number() <= 0;
    $("[data-by='1']", box).disabled = number() >= most;
    box.closest("li").classList.toggle("on", number() > 0);
  };
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-by]");
    if (!button) return;
    input.value = Math.min(most, Math.max(0, number() + Number(button.dataset.by)));
    input.dispatchEvent(new Event("input", {bubbles: true}));
  });
  input.addEventListener("input", update);
  update();
}

// -- what follows from the answers --------------------------------------------------------------------

function preview(form) {
  const box = $("[data-preview]", form);
  if (!box) return;
  const button = $("[data-save]", form), label = button.textContent;
  let timer, turn = 0;
  const ask = async () => {
    const mine = ++turn, body = new FormData(form);
    for (const field of form.elements) if (field.type === "file") body.delete(field.name);
    try {
      const answer = await fetch(box.dataset.preview, {method: "POST", body, headers: {"HX-Request": "true", Accept: "text/html"}});
      if (!answer.ok || answer.redirected || mine !== turn) return;
      box.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
      button.textContent = $("[data-submit]", box)?.dataset.submit || label;
    } catch {} // without network nothing is said of what follows; the form is checked when it is sent
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(ask, 350); };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  ask();
}

// -- look-ups and scanning ---------------------------------------------------------------------

export async function lookups(root) {
  const fields = $$("select[data-lookup], select[data-choose]", root).filter((field) => !field.tomselect && !field.closest("dialog:not([open])"));
  if (!fields.length) return;
  const {lookup} = await lazy(LOOKUP_JS);
  for (const field of fields) if (!field.tomselect) lookup(field, {find: t("find"), none: t("nothing")});
}
document.addEventListener("zg:open", (event) => lookups(event.target));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-scan]");
  if (!button) return;
  const {scan} = await lazy(SCAN_JS);
  const code = await scan(sheet, t);
  const field = document.getElementById(button.dataset.scan);
  if (code) {
    field.value = code;
    field.dispatchEvent(new Event("input", {bubbles: true}));
  }
  field.focus();
});

// A word is tapped into the text where it is being written.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const field = document.getElementById(button.dataset.into);
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", {bubbles: true}));
  field.focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-all-of]");
  if (!button) return;
  const boxes = $$("input[type=checkbox]", button.parentNode), on = boxes.some((box) => !box.checked);
  boxes.forEach((box) => { box.checked = on; });
  boxes[0].dispatchEvent(new Event("input", {bubbles: true}));
});

// -- setting up ---------------------------------------------------------------------------------

export function forms(root) {
  $$("[data-langs]", root).forEach(languages);
  $$("[data-lines]", root).forEach(lines);
  $$(".step", root).forEach(steps);
  $$("[data-pictures]", root).forEach(pictures);
  for (const form of $$("form[data-form]", root)) {
    draft(form);
    conditions(form);
    preview(form);
    form.addEventListener("submit", (event) => { if (!event.defaultPrevented) send(event, form); });
  }
  $$("form[data-looks]", root).forEach(preview);
  if (!$("form[data-form]")) sessionStorage.getItem("zg-sent") && (localStorage.removeItem(sessionStorage.getItem("zg-sent")), sessionStorage.removeItem("zg-sent"));
  lookups(root);
  if ($("[data-each]", root)) lazy(EACH_JS).then(({each}) => $$("[data-each]", root).forEach((box) => each(box, {t, lazy: () => lazy(SCAN_JS), sheet})));
  $("[data-focus]", root)?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".error-summary a");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  const pane = field.closest(".pane[hidden]");
  if (pane) $$("[role=tab]", pane.parentNode)[$$(".pane", pane.parentNode).indexOf(pane)].click();
  const target = field.tomselect ? field.tomselect.control_input : field.matches("fieldset") ? $("input", field) : field;
  target.focus({preventScroll: true});
  field.closest(".field, .line-field").scrollIntoView({block: "center"});
});
