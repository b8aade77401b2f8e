// What every script here uses: finding, making, asking, sending.
export const nonce = document.currentScript.nonce;
export const base = new URL(".", document.currentScript.src).href;
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// Sentences come with the page, in its language.
export function t(key) {
  for (const block of $$("script[type='application/json']#texts, script[data-texts]")) {
    const found = JSON.parse(block.textContent)[key];
    if (found) return found;
  }
  return key;
}

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function icon(name) {
  const href = $("use").getAttribute("href").replace(/#.*/, `#${name}`);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "zg-icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", href);
  svg.append(use);
  return svg;
}

export const lazy = (file) => import(base + file);

export const csrf = () => $("meta[name='csrf-token']").content;

export function post(action, fields = {}) {
  const form = el("form", {method: "post", action, hidden: true});
  for (const [name, value] of Object.entries({csrf_token: csrf(), ...fields})) {
    form.append(el("input", {type: "hidden", name, value}));
  }
  document.body.append(form);
  form.submit();
}

export function toast(text) {
  $(".toast-line")?.remove();
  const line = el("div", {className: "toast-line", role: "status", textContent: text});
  document.body.append(line);
  setTimeout(() => line.remove(), 5000);
}
