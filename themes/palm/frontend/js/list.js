// Lists: the menu of a row, selecting, tabs that do not fit, and exchanging only what changes.
import {$, $$, el, icon, lazy, post, t, toast} from "./util.js";
import {ask, formSheet, sheet} from "./dialogs.js";

const desktop = matchMedia("(min-width: 900px)");
const list = () => $("[data-list]");
const boxes = () => $$(".zg-list tbody input[name=ids]");
let selecting = false;
let enhance = () => {};

// -- the menu of a row ----------------------------------------------------------------------

function rowMenu(dots) {
  const row = dots.closest("tr");
  const verbs = new Map(dots.dataset.menu.trim().split(" ").reduce((pairs, word, at, all) => (
    at % 2 ? pairs : [...pairs, [word, all[at + 1]]]), []).filter(([name]) => name));
  const rows = el("ul", {className: "rows"});
  const href = dots.getAttribute("href");
  if (href !== "#") rows.append(el("li", {}, el("a", {className: "row-link", href}, icon("eye"), el("span", {className: "grow", textContent: t("open")}))));
  for (const [name, where] of verbs) {
    const button = $(`[data-verb="${name}"]`, $("#verbs").content).cloneNode(true);
    button.dataset.href = where;
    rows.append(el("li", {}, button));
  }
  if ($("input[name=ids]", row)) {
    const pick = el("button", {className: "row-link", type: "button"}, icon("checkbox"), el("span", {className: "grow", textContent: t("select")}));
    pick.addEventListener("click", () => { pick.closest("dialog").close(); select(true, row); });
    rows.append(el("li", {}, pick));
  }
  // A menu of one entry is that entry.
  if (rows.children.length === 1) { rows.firstChild.firstChild.click(); return; }
  const menu = sheet($(".t", row)?.textContent.trim() || dots.getAttribute("aria-label"), rows);
  if (desktop.matches) beside(menu, dots);
}

// On a desktop the menu opens at its row, on whichever side of it there is room.
function beside(menu, dots) {
  const at = dots.getBoundingClientRect();
  menu.classList.add("at-row");
  menu.style.top = `${Math.max(8, Math.min(at.bottom, innerHeight - menu.getBoundingClientRect().height - 8))}px`;
  // From the side of the dots: how wide it is need not be known, and is not yet.
  if (document.dir === "rtl") menu.style.left = `${at.left}px`;
  else menu.style.right = `${document.documentElement.clientWidth - at.right}px`;
}

async function act(button) {
  const {href, confirm} = button.dataset;
  const label = button.textContent.trim();
  button.closest("dialog").close();
  if ("asks" in button.dataset) return formSheet(href, label, enhance);
  if (confirm && !(await ask(confirm, label, button.matches(".danger"), button.dataset.stays))) return;
  post(href, {next: location.pathname + location.search});
}

// -- selecting ------------------------------------------------------------------------------

function select(on, row) {
  selecting = on;
  if (row) $("input[name=ids]", row).checked = true;
  if (!on) boxes().forEach((box) => { box.checked = false; });
  paint();
}

function paint() {
  const picked = boxes().filter((box) => {
    box.closest("tr").classList.toggle("is-picked", box.checked);
    return box.checked;
  }).length;
  const everything = $("[data-all]");
  if (everything && picked < boxes().length) everything.value = "";
  offer(picked, everything);
  if (!picked && desktop.matches) selecting = false;
  document.body.classList.toggle("selecting", selecting || picked > 0);
  const words = $("[data-picked]");
  if (words) words.textContent = everything?.value ? $("[data-pick-all-matching]").dataset.words : t("selected").replace("{n}", picked);
  const all = $("[data-pick-all]");
  if (all) {
    all.checked = picked > 0 && picked === boxes().length;
    all.indeterminate = picked > 0 && !all.checked;
  }
}

// Each verb with how many of the selected rows allow it; what none allows is not offered. Two have room in the bar.
function offer(picked, everything) {
  const all = Boolean(everything?.value);
  const allowed = new Map();
  for (const box of boxes()) {
    if (box.checked) for (const [at, word] of ($(".dots", box.closest("tr"))?.dataset.menu || "").trim().split(" ").entries()) if (at % 2 === 0) allowed.set(word, (allowed.get(word) || 0) + 1);
  }
  let shown = 0, more = 0;
  for (const button of $$("[data-bulk-verb]", $("#bulk") || document.createElement("p"))) {
    button.dataset.words ||= button.textContent.trim();
    const count = allowed.get(button.dataset.bulkVerb) || 0;
    button.textContent = all || !count ? button.dataset.words : `${button.dataset.words} ${count === picked ? count : `${count}/${picked}`}`;
    const offered = all || count > 0;
    button.hidden = !offered || shown >= 2;
    button.toggleAttribute("data-in-more", offered && shown >= 2);
    if (offered) shown < 2 ? shown++ : more++;
  }
  const open = $("[data-bulk-more]"), page = $("[data-pick-page]"), matching = $("[data-pick-all-matching]");
  if (open) open.hidden = !more;
  if (page) page.hidden = picked > 0 && picked === boxes().length;
  if (matching) matching.hidden = all || !picked || picked < boxes().length;
}

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.closest("[data-pick-page]")) { boxes().forEach((box) => { box.checked = true; }); paint(); }
  if (target.closest("[data-pick-all-matching]")) { $("[data-all]").value = "1"; paint(); }
  if (target.closest("[data-bulk-more]")) {
    $("[data-bulk-rows]").replaceChildren(...$$("[data-in-more]").map((button) => {
      const copy = button.cloneNode(true);
      copy.className = `row-link${button.matches(".btn-danger") ? " danger" : ""}`;
      copy.hidden = false;
      copy.removeAttribute("data-bulk-verb");
      copy.removeAttribute("data-in-more");
      return el("li", {}, copy);
    }));
  }
});

let timer, pressed = false, start;
document.addEventListener("pointerdown", (event) => {
  const row = event.pointerType !== "mouse" && event.target.closest(".zg-list tbody tr");
  pressed = false;
  if (!row || selecting || !$("input[name=ids]", row) || event.target.closest(".dots")) return;
  start = [event.clientX, event.clientY];
  timer = setTimeout(() => { pressed = true; navigator.vibrate?.(10); select(true, row); }, 450);
});
const stop = () => clearTimeout(timer);
document.addEventListener("pointermove", (event) => {
  if (start && Math.hypot(event.clientX - start[0], event.clientY - start[1]) > 10) stop();
});
for (const name of ["pointerup", "pointercancel", "scroll"]) addEventListener(name, stop, {passive: true});
document.addEventListener("contextmenu", (event) => { if (pressed) event.preventDefault(); });

document.addEventListener("click", (event) => {
  const row = event.target.closest(".zg-list tbody tr");
  if (!row || (!pressed && !selecting)) return;
  if (desktop.matches && event.target.closest("a, button")) return;
  if (!pressed && !event.target.closest(".tick")) {
    const box = $("input[name=ids]", row);
    box.checked = !box.checked;
  }
  if (!event.target.closest(".tick") || pressed) { event.preventDefault(); event.stopPropagation(); }
  pressed = false;
  paint();
}, true);

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) boxes().forEach((box) => { box.checked = event.target.checked; });
  if (event.target.matches("[data-pick-all], input[name=ids]")) paint();
});

document.addEventListener("click", (event) => {
  const target = event.target;
  const dots = target.closest(".dots");
  if (dots) { event.preventDefault(); rowMenu(dots); return; }
  const verb = target.closest("[data-verb]");
  if (verb) { act(verb); return; }
  if (target.closest("[data-select]")) { target.closest("dialog").close(); select(true); return; }
  if (target.closest("[data-unpick]")) { select(false); return; }
  const row = target.closest(".zg-list tbody tr");
  if (row && !target.closest("a, button, label, input") && !getSelection().toString()) {
    const link = $(".t a", row);
    if (link) event.metaKey || event.ctrlKey ? open(link.href) : link.click();
  }
});

// A cell that may be changed is a link to its form; on a desktop it becomes the input.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.cell-edit");
  if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || !navigator.onLine) return;
  event.preventDefault();
  lazy(CELL_JS).then(({edit}) => edit(link, {
    toast, failed: t("failed"), formSheet: (href, title) => formSheet(href, title, enhance), refresh: () => swap(location.href, {push: false}),
  }), () => location.assign(link.href));
});

// A period that has a name and own dates: what was touched last counts.
document.addEventListener("change", (event) => {
  const field = event.target.closest("fieldset"), period = field && $("[data-period]", field);
  if (!period) return;
  if (event.target !== period) period.value = "";
  else if (period.value) for (const own of $$("input", field)) own.value = "";
});
addEventListener("keydown", (event) => { if (event.key === "Escape" && selecting && !$("dialog[open]")) select(false); });

// -- tabs that do not fit on one line ---------------------------------------------------------

export function fold(root) {
  for (const strip of $$("[data-strip]", root)) {
    $(":scope > .btn", strip)?.remove();
    strip.classList.remove("more");
    const links = $$("a", strip);
    links.forEach((link) => link.classList.remove("folded"));
    if (strip.scrollHeight <= strip.clientHeight + 4) continue;
    strip.classList.add("more");
    const more = el("button", {className: "btn btn-quiet btn-icon", type: "button", "aria-haspopup": "dialog", "aria-label": t("more")}, icon("chevron-down"));
    more.addEventListener("click", () => sheet(strip.getAttribute("aria-label"), el("ul", {className: "rows"}, ...links.map((link) => {
      const copy = link.cloneNode(true);
      copy.className = "row-link";
      return el("li", {}, copy);
    }))));
    for (const link of links) link.classList.toggle("folded", link.offsetTop > 10);
    strip.append(more);
    strip.scrollTop = 0;
  }
}
let width = innerWidth;
addEventListener("resize", () => { if (width !== innerWidth) { width = innerWidth; fold(document); } });

// -- exchanging the list inside the page --------------------------------------------------------

async function swap(url, {push = true, top = false} = {}) {
  const box = list();
  box.classList.add("swapping");
  box.setAttribute("aria-busy", "true");
  try {
    const {exchange} = await lazy(SWAP_JS);
    await exchange(url, "#list");
  } catch {
    location.href = url;
    return;
  }
  if (push) history.pushState({list: true}, "", url);
  selecting = false;
  document.body.classList.remove("selecting");
  const fresh = list();
  fresh.classList.remove("swapping");
  fresh.removeAttribute("aria-busy");
  enhance(fresh);
  paint();
  if (top) scrollTo({top: 0});
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || !list() || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || !navigator.onLine) return;
  event.preventDefault();
  link.closest("dialog")?.close();
  swap(link.href, {top: link.dataset.swap === "top"});
});

function question(form) {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") asked.append(name, value);
  const text = asked.toString();
  return form.getAttribute("action") + (text ? `?${text}` : "");
}
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-find]") || !navigator.onLine) return;
  event.preventDefault();
  $("dialog[open]", event.target)?.close();
  document.activeElement?.matches?.("input[type=search]") && !desktop.matches && document.activeElement.blur();
  swap(question(event.target));
});
let typing;
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-find] input[type=search]") || event.isComposing) return;
  clearTimeout(typing);
  const form = event.target.form;
  typing = setTimeout(() => navigator.onLine && form.isConnected && swap(question(form), {push: false}).then(() => history.replaceState({list: true}, "", question($("[data-find]")))), 400);
});
addEventListener("popstate", () => { if (list()) swap(location.href, {push: false}); });

export function setUp(andThen) {
  enhance = andThen;
  offer(0, null);
  if (list()) history.replaceState({list: true}, "");
  addEventListener("pageshow", paint);
}
