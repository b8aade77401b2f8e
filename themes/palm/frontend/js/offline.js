// The network: a bar that says when it is gone, the service worker, and what signing out forgets.
import {$, $$, t, toast} from "./util.js";

function show() {
  const away = !navigator.onLine;
  const bar = $("[data-offline]");
  if (bar) bar.hidden = !away;
  for (const button of $$("[data-save]")) {
    button.dataset.words ??= button.textContent;
    button.textContent = away ? t("waiting") : button.dataset.words;
    button.setAttribute("aria-disabled", away);
  }
}
addEventListener("online", show);
addEventListener("offline", show);

document.addEventListener("submit", (event) => {
  if (navigator.onLine) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  toast(t(event.target.matches("[data-draft]") ? "kept" : "failed"));
}, true);

async function forget() {
  for (const key of Object.keys(localStorage)) if (key.startsWith("zg-draft:")) localStorage.removeItem(key);
  if ("caches" in window) await caches.delete("zg-pages");
}
document.addEventListener("submit", (event) => { if (event.target.matches("[data-logout]")) forget(); });

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-appearance-set], [data-appearance-toggle]");
  if (!button || !navigator.onLine) return;
  event.preventDefault();
  const root = document.documentElement;
  const dark = root.dataset.appearance === "dark" || (root.dataset.appearance === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  const look = "appearanceSet" in button.dataset ? button.value : dark ? "light" : "dark";
  root.dataset.appearance = look;
  for (const other of $$("[data-appearance-set]")) {
    other.classList.toggle("is-chosen", other.value === look);
    other.value === look ? other.setAttribute("aria-pressed", "true") : other.removeAttribute("aria-pressed");
  }
  const data = new FormData(button.form);
  data.set("appearance", look);
  const answer = await fetch(button.form.action, {method: "POST", body: new URLSearchParams(data), redirect: "manual"}).catch(() => null);
  if (!answer || answer.status >= 400) toast(t("failed"));
});

export function watchNetwork() {
  show();
  const worker = document.body.dataset.sw;
  if (worker && "serviceWorker" in navigator && isSecureContext) {
    addEventListener("load", () => navigator.serviceWorker.register(worker).catch(() => {
      // A browser that refuses workers (private mode) only loses reading without a network.
    }));
  }
}
