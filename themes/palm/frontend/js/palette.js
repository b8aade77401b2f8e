// The palette: pages from the menu without a request, then whatever the search over everything finds.
import {$, $$, el, icon, t} from "./util.js";

let dialog, box, out, asked;

function rows(title, links) {
  if (!links.length) return [];
  return [el("div", {className: "group", textContent: title}), el("ul", {className: "rows"}, ...links.map(({href, title: name, sub, sign}) => el("li", {},
    el("a", {className: "row-link", href}, icon(sign || "file"), el("span", {className: "grow"}, name, ...(sub ? [el("span", {className: "sub", textContent: sub})] : []))))))];
}

function pages(words) {
  return $$("#menu ul a").map((a) => ({
    href: a.getAttribute("href"), title: $("span", a).textContent, sign: $("use", a).getAttribute("href").split("#")[1],
  })).filter((page) => page.title.toLowerCase().includes(words));
}

async function look() {
  const words = box.value.trim();
  const mine = (asked = {});
  out.replaceChildren(...rows(t("pages"), pages(words.toLowerCase())));
  if (!words || !navigator.onLine) return;
  await new Promise((resolve) => setTimeout(resolve, 200));
  if (mine !== asked) return;
  try {
    const answer = await fetch(`/search?q=${encodeURIComponent(words)}`, {headers: {Accept: "application/json"}});
    const {groups} = await answer.json();
    if (mine !== asked) return;
    for (const group of groups) out.append(...rows(group.label, group.hits.map((hit) => ({...hit, sign: hit.icon}))));
    if (!out.children.length) out.append(el("p", {className: "empty", textContent: t("nothing")}));
  } catch {
    // Without a network the pages above are all there is; the bar already says so.
  }
}

function make() {
  box = el("input", {type: "search", name: "q", autocomplete: "off", placeholder: t("search"), "aria-label": t("search"), enterKeyHint: "search"});
  out = el("div", {"aria-live": "polite"});
  const close = el("button", {className: "btn btn-quiet btn-icon", type: "button", "data-close": "", "aria-label": t("close")}, icon("x"));
  dialog = el("dialog", {className: "palette", "aria-label": t("search")}, el("form", {action: "/search", method: "get"}, icon("search"), box, close), out);
  document.body.append(dialog);
  box.addEventListener("input", (event) => { if (!event.isComposing) look(); });
  box.addEventListener("compositionend", look);
  dialog.addEventListener("submit", (event) => {
    const first = $("a", out);
    if (first) { event.preventDefault(); first.click(); }
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const stops = [box, ...$$("a", out)];
    const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    stops[(next + stops.length) % stops.length].focus();
  });
}

export function openPalette() {
  if (!dialog) make();
  if (dialog.open) return;
  dialog.showModal();
  box.select();
  look();
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-palette]") || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  openPalette();
});
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") || (event.key === "/" && !typing && !$("dialog[open]"))) {
    event.preventDefault();
    openPalette();
  }
});
