// The keyboard in lists: "/" goes to the search, arrows walk the rows, Enter opens as every link does.
import {$, $$} from "./util.js";

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable], dialog");

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]") || !$("[data-list]")) return;
  if (event.key === "/" && !typing(event.target) && $("#q")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    $("#q").focus();
    $("#q").select();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const search = event.target.matches?.("#q");
  if ((typing(event.target) && !search) || (search && event.key === "ArrowUp")) return;
  const rows = $$(".zg-list tbody .t a");
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement?.closest("tr")?.querySelector(".t a"));
  if (at < 0 && !search && document.activeElement !== document.body && !event.target.matches?.("#main")) return;
  event.preventDefault();
  if (at === 0 && event.key === "ArrowUp") { $("#q")?.focus(); return; }
  rows[Math.min(Math.max(at + (event.key === "ArrowDown" ? 1 : -1), 0), rows.length - 1)].focus();
});
