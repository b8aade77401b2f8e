// Work that goes on is asked about every few seconds, while somebody looks and until it has ended.
import {$} from "./util.js";

const PAUSE = 3000;

export function watch() {
  const part = $("[data-watch]");
  if (part) setTimeout(ask, PAUSE, part);
}

async function ask(part) {
  if (document.hidden) return document.addEventListener("visibilitychange", () => ask(part), {once: true});
  let answer;
  try { answer = await fetch(part.dataset.watch, {cache: "no-store", headers: {"HX-Request": "true"}}); } catch { /* no line: asked again */ }
  if (answer?.headers.get("HX-Refresh")) return location.reload();
  if (answer && (answer.redirected || (answer.status >= 400 && answer.status < 500))) return; // signed out, or the task is gone
  if (answer?.ok) part.outerHTML = await answer.text();
  watch();
}
