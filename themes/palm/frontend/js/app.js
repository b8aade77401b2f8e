// The script of every page. Nothing here is needed to read or to send: it only makes both nicer.
import {watchNetwork} from "./offline.js";
import {$, $$, lazy} from "./util.js";
import {formSheet} from "./dialogs.js";
import "./keys.js";
import "./palette.js";
import {fold, setUp} from "./list.js";
import {forms} from "./form.js";
import {watch} from "./watch.js";
import {askNews, seen} from "./news.js";
import {said} from "./said.js";

function enhance(root) {
  fold(root);
  forms(root);
  seen();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-asks]");
  if (!link || event.metaKey || event.ctrlKey || !navigator.onLine) return;
  event.preventDefault();
  link.closest("dialog")?.close();
  formSheet(link.href, link.textContent.trim() || link.ariaLabel, enhance);
});

// Back goes to where one came from when that was here, so the list stands as it was.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-back]");
  if (!link || !document.referrer || history.length < 2) return;
  const came = new URL(document.referrer);
  if (came.origin === location.origin && came.pathname === new URL(link.href).pathname && came.pathname !== location.pathname) {
    event.preventDefault();
    history.back();
  }
});

// What a page is narrowed to is asked for as soon as it is chosen.
document.addEventListener("change", (event) => event.target.closest("form[data-at-once]")?.requestSubmit());

// Pages that fade into each other both say so in their style; the shop of customers is no page of this theme.
addEventListener("pageswap", (event) => {
  if (event.viewTransition && new URL(event.activation?.entry?.url || location.href).pathname.startsWith("/shop/")) {
    event.viewTransition.ready.catch(() => {});
    event.viewTransition.skipTransition();
  }
});

setUp(enhance);
enhance(document);
// For the list of devices: which clock this one shows. Nobody else is told.
document.cookie = `zg_zone=${Intl.DateTimeFormat().resolvedOptions().timeZone || ""}; path=/; max-age=31536000; samesite=lax`;
watchNetwork();
watch();
said();
askNews();
for (const here of $$("#menu [aria-current], .block-links [aria-current]")) here.scrollIntoView({block: "nearest", inline: "center"});
