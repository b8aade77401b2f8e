// Sentences that say it went well leave by themselves, and can be read again in this tab; and texts that a tap copies.
import {$, $$, el, t, toast} from "./util.js";

const kept = "zg-said", STAYS = 6000, MOST = 20;
const told = () => JSON.parse(sessionStorage[kept] || "[]");

function leave(note) {
  // Whoever points at it or stands in it is reading.
  if (note.matches(":hover, :focus-within")) setTimeout(leave, 2000, note);
  else note.remove();
}

export function said() {
  for (const note of $$("[data-flash]")) {
    const at = new Date().toLocaleTimeString(document.documentElement.lang, {hour: "2-digit", minute: "2-digit"});
    sessionStorage[kept] = JSON.stringify([{text: $("p", note).textContent, at}, ...told()].slice(0, MOST));
    if (note.closest(".flashes")) setTimeout(leave, STAYS, note);
  }
  const place = $("[data-kept]");
  if (place && told().length) {
    place.hidden = false;
    $("ul", place).append(...told().map(({text, at}) => el("li", {}, el("div", {className: "row-link notice"},
      el("span", {className: "grow"}, text, el("span", {className: "sub", textContent: at}))))));
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  event.preventDefault();
  const text = button.dataset.copy;
  try { await navigator.clipboard.writeText(text); } catch {
    // Without HTTPS there is no clipboard to write to, but what is selected can be copied.
    const box = el("textarea", {value: text, className: "visually-hidden"});
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
    button.focus();
  }
  toast(`${t("copied")} ${text}`);
});

addEventListener("submit", (event) => { if (event.target.matches("[data-logout]")) delete sessionStorage[kept]; });
