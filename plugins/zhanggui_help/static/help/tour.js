// Plays the tour that is under way: one step after another, each a dialog beside what it points at. The shop remembers the step, because pages load anew.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const before = document.activeElement;
  let tour, box, target, closed = [];

  const tell = (fields) => fetch(`/help/tours/${tour.tour}/step`, {
    method: "POST", keepalive: true, headers: {"X-CSRFToken": $("meta[name='csrf-token']").content, Accept: "application/json"}, body: new URLSearchParams(fields),
  }).then((answer) => answer.text());

  function make(tag, props, ...children) {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  }

  // Of several places with one name (a button of the desktop, and that of the phone) the one that is seen.
  function find(key) {
    const screen = key.startsWith("screen:");
    const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter((node) => {
      const seen = node.getBoundingClientRect();
      return node.checkVisibility ? node.checkVisibility({visibilityProperty: true}) && seen.width > 0 : seen.width > 0;
    });
    return screen ? found.map(() => $("h1"))[0] : found.map((node) => node.matches("a, button, th, td") ? node : $("input:not([type=hidden]), select, textarea, a, button, h2", node) || node)[0];
  }

  // Everything but the target and the dialog is closed: neither Tab nor a reader gets lost behind it.
  function close(node = document.body) {
    for (const child of node.children) {
      if (child === box || child === target || child.contains(box) || child.contains(target)) {
        if (child !== box && child !== target) close(child);
      } else if (!child.inert && !["SCRIPT", "STYLE"].includes(child.tagName)) {
        child.inert = true;
        closed.push(child);
      }
    }
  }

  function open() {
    for (const node of closed) node.inert = false;
    closed = [];
    target?.classList.remove("tour-target");
    box?.remove();
    box = target = undefined;
  }

  function leave(how) {
    tell({ended: how});
    open();
    removeEventListener("keydown", onKey, true);
    before?.isConnected && before.focus?.();
  }

  function onKey(event) {
    if (event.key === "Escape" && box) { event.stopPropagation(); event.preventDefault(); leave("left"); }
  }

  function place() {
    if (!box || !target) return;
    const seen = target.getBoundingClientRect(), room = 12, size = box.getBoundingClientRect();
    const below = seen.bottom + room + size.height <= innerHeight;
    const top = below ? seen.bottom + room : Math.max(room, seen.top - room - size.height);
    const left = Math.min(Math.max(room, seen.left), innerWidth - size.width - room);
    box.style.setProperty("inset", `${top}px auto auto ${left}px`);
  }

  async function show(step) {
    open();
    if (step >= tour.steps.length) { removeEventListener("keydown", onKey, true); before?.isConnected && before.focus?.(); return; }
    const one = tour.steps[step];
    target = find(one.target);
    if (!target && one.optional) { await tell({step: step + 1}); return show(step + 1); }
    const last = step === tour.steps.length - 1, texts = tour.texts;
    const text = make("p", {id: "tour-text", textContent: target ? one.text : texts.moved});
    const leaveButton = make("button", {className: "btn btn-quiet", type: "button", textContent: target ? texts.leave : texts.done});
    leaveButton.addEventListener("click", () => leave(target ? "left" : "moved"));
    const buttons = make("div", {className: "tour-buttons"}, leaveButton);
    const go = async () => { await tell({step: step + 1}); show(step + 1); };
    if (target && one.expect === "seen") {
      const next = make("button", {className: "btn btn-primary", type: "button", textContent: last ? texts.done : texts.next});
      next.addEventListener("click", go);
      buttons.append(next);
    } else if (target) {
      text.append(" ", make("strong", {textContent: texts.press}));
      target.addEventListener("click", () => { tell({step: step + 1}); open(); if (one.expect === "pressed") setTimeout(() => show(step + 1), 300); }, {once: true, capture: true});
    }
    box = make("div", {className: "tour", id: "tour", tabIndex: -1}, make("h2", {id: "tour-title", textContent: tour.title}),
      make("p", {className: "muted small", textContent: texts.place.replace("{n}", step + 1)}), text, buttons);
    for (const [name, value] of [["role", "dialog"], ["aria-labelledby", "tour-title"], ["aria-describedby", "tour-text"]]) box.setAttribute(name, value);
    document.body.append(box);
    if (target) {
      target.classList.add("tour-target");
      target.scrollIntoView({block: "center", inline: "nearest", behavior: reduced ? "instant" : "auto"});
    }
    close();
    place();
    requestAnimationFrame(place);
    box.focus();
    box.dataset.step = step;
  }

  async function start() {
    const answer = await fetch("/help/tour-now", {headers: {Accept: "application/json"}, cache: "no-store"});
    tour = answer.ok ? await answer.json() : {};
    if (!tour.tour) return;
    const sheet = document.styleSheets.length && new CSSStyleSheet();
    sheet.replaceSync(`.tour{position:fixed;z-index:1200;inset:auto 12px 12px;max-inline-size:min(22rem,calc(100vw - 24px));padding:14px;border-radius:14px;background:var(--zg-surface,Canvas);color:var(--zg-text,CanvasText);border:1px solid var(--zg-control,#888);box-shadow:0 8px 32px rgb(0 0 0 / .28)}
.tour h2{font-size:1.0625rem;margin:0}.tour p{margin:6px 0}.tour-buttons{display:flex;gap:8px;justify-content:flex-end;flex-wrap:wrap}.tour .btn{min-block-size:44px}.tour-target{outline:3px solid var(--zg-brand-text,#0b6b4a)!important;outline-offset:3px;scroll-margin:120px;min-block-size:44px}`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    addEventListener("keydown", onKey, true);
    addEventListener("resize", place);
    addEventListener("scroll", place, true);
    show(tour.step);
  }
  start();
})();
