// What came in the meantime: a short question every few seconds, as often as the server says, slowly while nobody looks.
import {$, el, t} from "./util.js";

const kept = "zg-news:", sound = "zg-sound";
const plain = document.title;
let tag = "", pause = 4, slow = 60, timer, counts = {}, heard = 0;

const known = () => Object.fromEntries(Object.keys(localStorage).filter((key) => key.startsWith(kept)).map((key) => [key.slice(kept.length), localStorage[key]]));
const know = (screen, key) => { localStorage[kept + screen] = key; };

function show() {
  const total = Object.values(counts).reduce((sum, list) => sum + list.count, 0);
  document.title = total ? `(${total > 98 ? "99+" : total}) ${plain}` : plain;
  const button = $("[data-news]");
  const list = button && counts[button.dataset.news];
  if (button) {
    button.hidden = !list?.count;
    if (list?.count) $("span", button).textContent = t("new").replace("{n}", list.count > 98 ? "99+" : list.count);
  }
  if (total > heard && localStorage[sound]) beep();
  heard = total;
}

// Two short tones made here: no file, and nothing sounds before the person allowed it.
function beep() {
  const audio = new AudioContext(), gain = audio.createGain();
  gain.gain.value = .08;
  gain.connect(audio.destination);
  for (const [at, pitch] of [[0, 880], [.16, 1175]]) {
    const tone = audio.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(gain);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + .12);
  }
  setTimeout(() => audio.close(), 600);
}

async function look() {
  clearTimeout(timer);
  try {
    const answer = await fetch(`${document.body.dataset.askNews}?${new URLSearchParams(known())}`, {
      cache: "no-store", headers: {Accept: "application/json", ...(tag ? {"If-None-Match": tag} : {})},
    });
    if (answer.redirected || answer.status === 401 || answer.status === 403) return; // signed out
    pause = Number(answer.headers.get("Poll-After")) || pause;
    if (answer.status === 200) {
      const told = await answer.json();
      tag = answer.headers.get("ETag") || "";
      slow = told.slow;
      for (const [screen, list] of Object.entries(told.lists)) if (!(kept + screen in localStorage)) know(screen, list.newest);
      counts = told.lists;
      show();
    }
  } catch { /* no line: asked again */ }
  timer = setTimeout(look, (document.hidden ? slow : pause) * 1000);
}

// A list that shows its newest rows has told of them.
export function seen() {
  const button = $("[data-news][data-newest]");
  if (!button) return;
  const {news: screen, newest} = button.dataset;
  if (Number(newest) >= Number(localStorage[kept + screen] || 0)) { know(screen, newest); delete counts[screen]; tag = ""; show(); }
}

function paintSound() {
  const button = $("[data-sound]");
  if (!button) return;
  button.setAttribute("aria-pressed", Boolean(localStorage[sound]));
  $("[data-on]", button).hidden = !localStorage[sound];
}

export function askNews() {
  paintSound();
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-sound]")) return;
    if (localStorage[sound]) delete localStorage[sound];
    else { localStorage[sound] = "on"; beep(); }
    paintSound();
  });
  if (!document.body.dataset.askNews) return;
  seen();
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-news]");
    if (!button) return;
    const screen = button.dataset.news, list = counts[screen];
    if (list) know(screen, list.newest);
    delete counts[screen];
    tag = "";
    show();
    const here = new URL(location.href);
    for (const name of ["page", "after", "before"]) here.searchParams.delete(name);
    const link = el("a", {href: here.href, "data-swap": "top", hidden: true});
    button.after(link);
    link.click();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  timer = setTimeout(look, 1000);
}
