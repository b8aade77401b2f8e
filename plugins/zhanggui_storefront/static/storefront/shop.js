// The web shop over /shop/api/v1. Text becomes text nodes, never markup.
const store = {
  get(key, otherwise) {
    try { return JSON.parse(localStorage.getItem(`zg-shop-${key}`)) ?? otherwise; } catch { return otherwise; }
  },
  set(key, value) {
    try { localStorage.setItem(`zg-shop-${key}`, JSON.stringify(value)); } catch { /* a private window */ }
  },
};

let page = JSON.parse(document.getElementById("page").textContent);
const wish = store.get("lang");
if (wish && wish !== page.lang && page.languages.includes(wish)) {
  const other = await fetch("/shop/page.json", { headers: { "Accept-Language": wish }, credentials: "omit" }).catch(() => null);
  if (other && other.ok) page = await other.json();
}
const t = page.texts;
const main = document.getElementById("main");
const say = (text, n) => text.replace("{n}", n);

// -- small tools

function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else if (value === true) el.setAttribute(name, "");
    else if (value !== false && value != null) el.setAttribute(name, value);
  }
  el.append(...children.flat(2).filter((child) => child != null && child !== false));
  return el;
}

function money({ amount, currency }) {
  const format = new Intl.NumberFormat(page.lang, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

const when = (text) => new Intl.DateTimeFormat(page.lang, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));

const heading = (text) => h("h1", { tabindex: -1 }, text);
const button = (props, ...children) => h("button", { type: "button", ...props }, ...children);

// Said in the place of the shop's name, where it covers nothing and moves nothing; long enough to be read, then gone.
let toastTimer;
function toast(text) {
  document.getElementById("toast").textContent = text;
  document.querySelector(".brand").hidden = text !== "";
  clearTimeout(toastTimer);
  if (text) toastTimer = setTimeout(toast, Math.max(4000, 80 * text.length), "");
}

function ask(text) {
  const dialog = document.getElementById("ask");
  document.getElementById("ask-text").textContent = text;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

// randomUUID is not there without https: a phone in the shop's own network.
const randomKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

// -- the API

class Refused extends Error {
  constructor(status, problem) {
    super((problem.errors && Object.values(problem.errors)[0]) || problem.detail || t.no_line);
    Object.assign(this, { status, code: problem.code, errors: problem.errors || {} });
  }
}

async function fetched(path) {
  const response = await fetch(path, { credentials: "omit", headers: { "Accept-Language": page.lang } }).catch(() => null);
  if (!response || !response.ok) throw new Refused(0, {});
  return response.json();
}

async function api(method, path, body, headers = {}) {
  const token = store.get("token");
  const options = { method, credentials: "omit", headers: { Accept: "application/json", "Accept-Language": page.lang, ...headers } };
  if (token) options.headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try { response = await fetch(`/shop/api/v1${path}`, options); } catch { throw new Refused(0, {}); }
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => ({}));
  if (response.status === 401 && path !== "/session") store.set("token", null);
  throw new Refused(response.status, problem);
}

const query = (args) => "?" + new URLSearchParams(Object.entries(args).filter(([, value]) => value));

// -- what the visitor does, told as far as he agreed

// Whoever comes from the back office is staff, on this device for good.
if (new URLSearchParams(location.search).has("staff")) store.set("staff", true);
const told = page.told && await import(page.told).then(({ teller }) => teller({ store, randomKey, staff: store.get("staff"), post: postEvents })).catch(() => null);
const pagePath = () => location.hash.slice(1).split("?")[0].replace(/^\/(p|o)\/.*/, "/$1") || "/";
const tell = (name, props) => { if (told) told.tell(name, pagePath(), props); };

// Sent to its end although the page is left.
async function postEvents(body) {
  const token = store.get("token");
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const response = await fetch("/shop/api/v1/events", { method: "POST", credentials: "omit", keepalive: true, headers, body: JSON.stringify(body) }).catch(() => null);
  return response ? response.status : 0;
}

// Asked once, below everything; the shop can be used before it is answered.
function askConsent() {
  const line = document.getElementById("consent");
  if (!told || !line) return;
  const choose = (kinds) => () => {
    told.agree(kinds);
    line.hidden = true;
    tell("visit");
    tell("page");
  };
  line.replaceChildren(h("p", {}, t.consent), h("div", { class: "row" },
    button({ onclick: choose([]) }, t.consent_no), button({ onclick: choose(["measure"]) }, t.consent_count), button({ class: "main", onclick: choose(["measure", "personal"]) }, t.consent_yes)));
  line.hidden = told.consent() !== null;
  const again = document.getElementById("consent-again");
  if (again) again.onclick = () => { line.hidden = false; line.querySelector("button").focus(); };
}

// -- the cart: kept on this device, and by the shop for whoever is signed in; priced by the server

let keeping;
const cart = {
  lines: () => store.get("cart", []),
  save(lines) {
    store.set("cart", lines);
    cart.badge();
    clearTimeout(keeping);
    keeping = setTimeout(cart.keep, 800);
  },
  // Whether the shop has it as it is here.
  async keep() {
    clearTimeout(keeping);
    keeping = undefined;
    const lines = cart.lines().map(({ variant_id, quantity }) => ({ variant_id, quantity }));
    return !!store.get("token") && api("PUT", "/cart", { lines }).then(() => true, () => false);
  },
  // As another device left it; before the first sign-in both are put together.
  async follow(first) {
    if (!store.get("token") || (keeping !== undefined && !first && !await cart.keep())) return;
    const kept = await api("GET", "/cart").catch(() => null);
    if (!kept) return;
    const there = kept.lines.filter((line) => line.sellable).map((line) => ({
      variant_id: line.variant_id, quantity: line.quantity, product_id: line.product_id, name: line.name, option: line.option, price: line.unit_price, picture: line.picture,
    }));
    const here = first ? cart.lines() : [];
    store.set("cart", [...there.filter((line) => !here.some((own) => own.variant_id === line.variant_id)), ...here]);
    cart.badge();
    if (here.length) await cart.keep();
  },
  badge() {
    const count = cart.lines().reduce((sum, line) => sum + line.quantity, 0);
    const badge = document.getElementById("count");
    badge.hidden = count === 0;
    badge.textContent = count > 99 ? "99+" : count;
  },
  put(line) {
    const lines = cart.lines();
    const same = lines.find((other) => other.variant_id === line.variant_id);
    if (same) same.quantity += line.quantity;
    else lines.push(line);
    cart.save(lines);
  },
  set(id, quantity) {
    cart.save(cart.lines().map((l) => (l.variant_id === id ? { ...l, quantity } : l)).filter((l) => l.quantity > 0));
  },
};

// -- parts

function picture(found, name, size = "thumb", big = false) {
  // The path alone: the page may be open under another name than the shop's public one.
  if (found) return h("img", { src: new URL(found[size], location.href).pathname, alt: big ? name : "", loading: big ? null : "lazy" });
  return h("span", { class: "blank", "aria-hidden": "true" }, [...name][0] || "");
}

function stepper(value, most, changed) {
  const out = h("output", { "aria-label": t.quantity }, String(value));
  const step = (by) => () => {
    const next = Math.min(Math.max(value + by, 1), most);
    if (next === value && by > 0) toast(say(t.now, most));
    value = next;
    out.textContent = value;
    changed(value);
  };
  return h("div", { class: "stepper" },
    button({ "aria-label": t.less, onclick: step(-1) }, "−"), out,
    button({ "aria-label": t.more_of, onclick: step(1) }, "+"));
}

function sums(found) {
  const row = (label, value, style) => [h("dt", { class: style }, label), h("dd", { class: style }, money(value))];
  return h("dl", { class: "sums" },
    row(t.subtotal, found.subtotal),
    found.discount.amount ? row(t.discount, { ...found.discount, amount: -found.discount.amount }) : null,
    found.freight.amount ? row(t.freight, found.freight) : null,
    row(t.total, found.total, "big"));
}

function lineRow(line, ...more) {
  return h("li", { class: "line" }, h("div", { class: "thumb" }, picture(line.picture, line.name)),
    h("div", { class: "grow" }, h("p", { class: "name" }, line.name), h("p", { class: "muted" }, line.option), ...more));
}

const where = (address) => [...address.region, address.detail].join(" ");
const times = (line) => h("p", { class: "row" }, h("span", {}, money(line.unit_price)), h("span", { class: "muted" }, `× ${line.quantity}`));
const stage = (order) => h("span", { class: `stage ${order.stage}` }, t[`stage_${order.stage}`]);
const empty = (text, ...more) => h("div", { class: "empty" }, h("p", {}, text), ...more);

function field(label, name, props = {}, value = "") {
  const input = h(props.rows ? "textarea" : "input", { id: `f-${name}`, name, ...props });
  input.value = value;
  const help = props.help ? h("small", { id: `h-${name}`, class: "muted" }, props.help) : null;
  if (help) input.setAttribute("aria-describedby", help.id);
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input, help, h("small", { class: "error", id: `e-${name}` }));
}

function showErrors(form, refused) {
  for (const old of form.querySelectorAll(".error")) old.textContent = "";
  let first = null;
  for (const [name, text] of Object.entries(refused.errors)) {
    const input = form.elements[name.split(".")[0]];
    if (!input || !input.id) continue;
    document.getElementById(`e-${input.name}`).textContent = text;
    input.setAttribute("aria-invalid", "true");
    first = first || input;
  }
  if (first) first.focus();
  else toast(refused.message);
}

// A button that is busy takes no second tap.
async function busy(pressed, work) {
  if (pressed.disabled) return;
  pressed.disabled = true;
  try { await work(); } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) signIn(); else toast(error.message);
  } finally { pressed.disabled = false; }
}

// A list with "show more" below it.
function list(tag, props, path, args, row, first) {
  const box = h(tag, props);
  const more = button({ class: "wide" }, t.more);
  const wrap = h("div", {}, box);
  const add = (found) => {
    box.append(...found.items.map(row));
    more.remove();
    if (!found.next) return;
    more.onclick = () => busy(more, async () => add(await api("GET", path + query({ ...args, cursor: found.next }))));
    wrap.append(more);
  };
  add(first);
  return wrap;
}

// What one pays at least for something that can be had; "from", where not everything costs the same.
function priceOf(product) {
  const inStock = product.variants.filter((variant) => variant.available);
  const prices = (inStock.length ? inStock : product.variants).map((variant) => variant.price);
  if (!prices.length) return null;
  const amounts = prices.map((price) => price.amount);
  const least = money({ ...prices[0], amount: Math.min(...amounts) });
  return h("span", { class: "price" }, Math.max(...amounts) > Math.min(...amounts) ? say(t.from, least) : least);
}

// -- views

let categories;

async function home(args) {
  const wanted = { category: args.get("c") || "", q: args.get("q") || "", limit: 20 };
  const [found, shelves] = await Promise.all([
    api("GET", "/products" + query(wanted)), categories || api("GET", "/categories?limit=100"),
  ]);
  categories = shelves;
  if (wanted.q) tell("search", { q: wanted.q, results: found.items.length });
  const tab = (id, name) => h("a", { href: id ? `#/?c=${id}` : "#/", "aria-current": wanted.category === id ? "true" : null }, name);
  const search = h("form", { class: "search", role: "search", onsubmit: (event) => {
    event.preventDefault();
    location.hash = "#/" + query({ c: wanted.category, q: search.elements.q.value.trim() });
  } }, h("input", { type: "search", name: "q", "aria-label": t.search, placeholder: t.search, enterkeyhint: "search", maxlength: 100 }));
  search.elements.q.value = wanted.q;
  const tops = shelves.items.filter((shelf) => !shelf.parent_id);
  return [h("h1", { class: "hidden" }, page.shop), search,
    tops.length ? h("nav", { class: "chips", "aria-label": t.categories }, tab("", t.all), tops.map((s) => tab(s.id, s.name))) : null,
    found.items.length ? list("ul", { class: "grid" }, "/products", wanted, card, found) : empty(t.nothing)];
}

function card(product) {
  const left = product.variants.reduce((sum, variant) => sum + variant.available, 0);
  return h("li", {}, h("a", { class: "card", href: `#/p/${product.id}` },
    h("div", { class: "frame" }, picture(product.pictures[0], product.name), left ? null : h("span", { class: "out" }, t.sold_out)),
    h("span", { class: "name" }, product.name), priceOf(product)));
}

async function product(_args, id) {
  const found = await api("GET", `/products/${id}`);
  tell("view", { product: id });
  let chosen = found.variants.find((v) => v.available) || found.variants[0];
  let quantity = 1;
  const price = h("p", { class: "price big" });
  const left = h("p", { class: "muted" });
  const step = h("div");
  const add = button({ onclick: () => { take(); toast(t.added); } }, t.add);
  const buy = button({ class: "main", onclick: () => { take(); location.hash = "#/checkout"; } }, t.buy);
  const take = () => {
    tell("cart_add", { product: id, sku: chosen.sku, quantity });
    cart.put({ variant_id: chosen.id, quantity, product_id: id, name: found.name, option: chosen.option, price: chosen.price, picture: found.pictures[0] || null });
  };
  const choose = (variant) => {
    chosen = variant;
    quantity = 1;
    price.textContent = variant ? money(variant.price) : "";
    const none = !variant || variant.available < 1;
    left.textContent = none ? t.sold_out : variant.available < 20 ? say(t.available, variant.available) : "";
    step.replaceChildren(none ? "" : stepper(1, variant.available, (value) => { quantity = value; }));
    add.disabled = buy.disabled = none;
  };
  choose(chosen);
  const variants = found.variants.length > 1 && h("fieldset", { class: "variants" }, h("legend", {}, t.variant), found.variants.map((v) =>
    h("label", {}, h("input", { type: "radio", name: "variant", value: v.id, checked: v === chosen && v.available > 0, disabled: v.available < 1, onchange: () => choose(v) }),
      h("span", {}, h("span", {}, v.option || v.sku), v.available < 1 ? [" ", h("small", {}, t.sold_out)] : null))));
  return [h("div", { class: "pictures", tabindex: found.pictures.length > 1 ? 0 : null, role: "group", "aria-label": t.picture },
    found.pictures.length ? found.pictures.map((p) => picture(p, found.name, "full", true)) : picture(null, found.name)),
  h("div", { class: "sheet" }, price, heading(found.name), left, variants, step,
    found.description ? h("p", { class: "text" }, found.description) : null),
  h("div", { class: "bar" }, add, buy)];
}

async function showCart() {
  await cart.follow();
  const lines = cart.lines();
  if (!lines.length) return [heading(t.cart), empty(t.cart_empty, h("a", { class: "button main", href: "#/" }, t.shop))];
  const total = h("span", { class: "price big" });
  const count = () => {
    const present = cart.lines();
    total.textContent = present.length ? money({ ...present[0].price, amount: present.reduce((sum, l) => sum + l.price.amount * l.quantity, 0) }) : "";
  };
  count();
  return [heading(t.cart),
    h("ul", { class: "sheet lines" }, lines.map((line) => lineRow(line, h("p", { class: "price" }, money(line.price)),
      h("div", { class: "row" }, stepper(line.quantity, 9999, (value) => { cart.set(line.variant_id, value); count(); }),
        button({ class: "plain", onclick: () => { tell("cart_remove", { product: line.product_id, quantity: line.quantity }); cart.set(line.variant_id, 0); show(); } }, t.remove))))),
    h("div", { class: "bar" }, total, h("a", { class: "button main", href: "#/checkout" }, t.checkout))];
}

async function checkout() {
  if (!store.get("token")) return signIn();
  if (!cart.lines().length) return showCart();
  const addresses = (await api("GET", "/addresses?limit=100")).items;
  const lines = cart.lines().map(({ variant_id, quantity }) => ({ variant_id, quantity }));
  tell("checkout_start", { lines: lines.length });
  const priced = h("div");
  const place = h("button", { type: "submit", class: "main", disabled: true }, t.place);
  const body = () => ({ lines, address_id: form.elements.address ? form.elements.address.value : null, note: form.elements.note.value.trim() });
  const price = async () => {
    const quote = await api("POST", "/quotes", body());
    const short = quote.lines.find((line) => line.quantity > line.available);
    priced.replaceChildren(
      h("ul", { class: "lines" }, quote.lines.map((line) => lineRow(line, times(line),
        line.quantity > line.available ? h("p", { class: "error" }, line.available ? say(t.now, line.available) : t.sold_out) : null))),
      sums(quote));
    place.disabled = Boolean(short);
  };
  const form = h("form", { onsubmit: (event) => {
    event.preventDefault();
    busy(place, async () => {
      if (told) await told.send(); // that its visit is known before the order
      const order = await api("POST", "/orders", body(), { "Idempotency-Key": keyFor(body()) });
      sessionStorage.removeItem("zg-shop-key");
      cart.save([]);
      toast(t.placed);
      location.hash = `#/o/${order.number}`;
    });
  } },
  h("fieldset", { class: "sheet" }, h("legend", {}, t.addresses), addresses.map((a, at) =>
    h("label", { class: "address" }, h("input", { type: "radio", name: "address", value: a.id, checked: at === 0, onchange: () => busy(place, price) }),
      h("span", {}, h("b", {}, `${a.name} ${a.phone}`), h("br"), where(a)))),
  h("a", { class: "button", href: "#/address" }, t.new_address)),
  h("div", { class: "sheet" }, priced, field(t.note, "note", { rows: 2, maxlength: 500 })),
  h("div", { class: "bar" }, place));
  if (!addresses.length) { location.replace("#/address"); return null; }
  await price();
  return [heading(t.checkout_title), form];
}

// A second tap, or a retry after a lost answer, finds the order that was made.
function keyFor(body) {
  const content = JSON.stringify(body);
  const kept = JSON.parse(sessionStorage.getItem("zg-shop-key") || "null");
  if (kept && kept.content === content) return kept.key;
  const key = randomKey();
  sessionStorage.setItem("zg-shop-key", JSON.stringify({ content, key }));
  return key;
}

async function address() {
  if (!store.get("token")) return signIn();
  const { picker } = await import(page.place);
  const place = picker({ h, t, button, load: () => fetched("/shop/regions.json") });
  const save = h("button", { type: "submit", class: "main" }, t.save);
  const form = h("form", { class: "sheet", novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    busy(save, async () => {
      const value = (name) => form.elements[name].value.trim();
      try {
        if (!place.names.length) throw new Refused(422, { errors: { region: t.region_choose } });
        await api("POST", "/addresses", { name: value("name"), phone: value("phone"), region: place.names, detail: value("detail"), is_default: true });
      } catch (error) {
        if (!(error instanceof Refused) || error.status !== 422) throw error;
        return showErrors(form, error);
      }
      tell("address");
      location.replace("#/checkout");
    });
  } },
  field(t.name, "name", { autocomplete: "name", maxlength: 100 }), field(t.phone, "phone", { type: "tel", autocomplete: "tel", inputmode: "tel", maxlength: 30 }),
  place.field, field(t.detail, "detail", { autocomplete: "street-address", maxlength: 500 }), save);
  return [heading(t.new_address), form];
}

const STAGES = ["to_pay", "to_ship", "shipped", "done", "canceled"];

async function orders(args) {
  if (!store.get("token")) return signIn();
  const wanted = { stage: STAGES.includes(args.get("s")) ? args.get("s") : "", limit: 20 };
  const found = await api("GET", "/orders" + query(wanted));
  const tab = (id, name) => h("a", { href: id ? `#/orders?s=${id}` : "#/orders", "aria-current": wanted.stage === id ? "true" : null }, name);
  const row = (o) => h("li", {}, h("a", { class: "sheet order", href: `#/o/${o.number}` },
    h("span", { class: "row" }, h("span", { class: "muted" }, when(o.placed_at)), stage(o)),
    h("span", { class: "name" }, o.lines.map((line) => `${line.name} ${line.option} × ${line.quantity}`).join(", ")),
    h("span", { class: "price" }, money(o.total))));
  const leave = button({ class: "plain", onclick: () => busy(leave, async () => {
    await api("DELETE", "/session");
    store.set("token", null);
    location.hash = "#/";
  }) }, t.sign_out);
  return [h("div", { class: "row" }, heading(t.orders), leave),
    h("nav", { class: "chips", "aria-label": t.orders }, tab("", t.all), STAGES.map((s) => tab(s, t[`stage_${s}`]))),
    found.items.length ? list("ul", { class: "orders" }, "/orders", wanted, row, found) : empty(t.no_orders)];
}

// What the shop told this customer, where something here carries messages.
async function messages() {
  if (!store.get("token")) return signIn();
  const found = await api("GET", "/messages?limit=20");
  const row = (m) => h("li", {}, h(m.href ? "a" : "div", { class: "sheet order", href: m.href || null },
    h("span", { class: "row" }, h("span", { class: "name" }, m.unread ? h("i", { class: "dot", role: "img", "aria-label": t.unread }) : null, m.title), h("span", { class: "muted" }, when(m.at))),
    h("span", {}, m.body)));
  if (found.unread) await api("POST", "/messages/read", { ids: [] });
  dot(0);
  return [heading(t.messages), found.items.length ? list("ul", { class: "orders" }, "/messages", { limit: 20 }, row, found) : empty(t.no_messages)];
}

function dot(unread) {
  const badge = document.getElementById("unread");
  if (!badge) return;
  badge.hidden = !unread;
  badge.textContent = unread > 99 ? "99+" : unread;
}

// How many are unread is asked when the page opens and when it is looked at again; it says nothing where it cannot be asked.
async function lookForMessages() {
  if (!page.messages || !store.get("token") || document.hidden) return;
  const found = await api("GET", "/messages?limit=1").catch(() => null);
  if (found) dot(found.unread);
}

async function order(_args, number) {
  if (!store.get("token")) return signIn();
  const o = await api("GET", `/orders/${number}`);
  const verb = (name, question, style) => {
    const move = button({ class: style, onclick: () => busy(move, async () => {
      if (!(await ask(question))) return;
      await api("POST", `/orders/${number}/${name}`, name === "cancel" ? {} : undefined);
      await show();
    }) }, t[name]);
    return move;
  };
  return [h("div", { class: "row" }, heading(t.order), stage(o)),
    o.stage === "to_pay" ? await payment(o) : null,
    h("div", { class: "sheet" }, h("ul", { class: "lines" }, o.lines.map((line) => lineRow(line, times(line)))), sums(o)),
    h("dl", { class: "sheet facts" }, h("dt", {}, t.number), h("dd", {}, o.number), h("dt", {}, t.placed_at), h("dd", {}, when(o.placed_at)),
      o.address ? [h("dt", {}, t.addresses), h("dd", {}, `${o.address.name} ${o.address.phone}`, h("br"), where(o.address))] : null,
      o.note ? [h("dt", {}, t.note), h("dd", {}, o.note)] : null,
      h("dt", {}, t.payment), h("dd", {}, t[`payment_${o.payment_status}`]),
      (o.refunds || []).map((r) => [h("dt", {}, t.refund), h("dd", {}, `${money(r.amount)} · ${t[`refund_${r.state}`]}`)]),
      o.shipments.map((s) => [h("dt", {}, t.shipment), h("dd", {}, `${s.carrier.toUpperCase()} ${s.tracking_number}`)])),
    o.stage === "to_pay" ? verb("cancel", t.cancel_ask, "wide") : null,
    o.stage === "shipped" && o.fulfillment_status === "fulfilled" ? verb("receive", t.receive_ask, "wide main") : null];
}

// How to pay comes from a file of its own, when there is something to pay.
async function payment(o) {
  const part = page.pay && await (await import(page.pay)).pay(o, { api, h, t, button, busy, money, toast, show, here: () => location.hash });
  return part || h("p", { class: "sheet" }, t.unpaid);
}

function signIn() {
  const enter = h("button", { type: "submit", class: "main" }, t.sign_in);
  const form = h("form", { class: "sheet", onsubmit: (event) => {
    event.preventDefault();
    busy(enter, async () => {
      try {
        store.set("token", (await api("POST", "/session", { code: `demo:${form.elements.name.value.trim()}` })).token);
        await cart.follow(true);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return toast(error.message);
      }
      await show();
    });
  } }, field(t.demo_name, "name", { required: true, maxlength: 40, autocomplete: "nickname" }, page.lang === "zh-CN" ? "小王" : "Wang Wei"), enter);
  main.replaceChildren(heading(t.sign_in), page.demo ? form : empty(t.no_demo));
  return null;
}

const help = async (args, id) => page.help ? (await import(page.help)).help({ api, h, t, heading, empty }, args, id) : home(args);

// -- routes

const ROUTES = [
  [/^\/p\/([\w-]+)$/, product, "shop"], [/^\/cart$/, showCart, "cart"], [/^\/checkout$/, checkout, "cart"], [/^\/address$/, address, "cart"],
  [/^\/messages$/, messages, "messages"], [/^\/help(?:\/([\w-]+))?$/, help, ""], [/^\/orders$/, orders, "orders"], [/^\/o\/([\w-]+)$/, order, "orders"], [/^\/?$/, home, "shop"],
];
let turn = 0;

async function show() {
  const mine = ++turn;
  const [path, args] = location.hash.slice(1).split("?");
  const [pattern, view, tab] = ROUTES.find(([p]) => p.test(path)) || ROUTES.at(-1);
  for (const link of document.querySelectorAll(".tabs a")) {
    if (link.dataset.tab === tab) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  main.setAttribute("aria-busy", "true");
  try {
    const parts = await view(new URLSearchParams(args), ...(path.match(pattern) || []).slice(1));
    if (mine !== turn || !parts) return;
    main.replaceChildren(...parts.flat().filter(Boolean));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (mine !== turn) return;
    if (error.status === 401) return signIn();
    main.replaceChildren(heading(page.shop), empty(error.message, h("a", { class: "button", href: "#/" }, t.shop)));
  } finally {
    if (mine === turn) main.removeAttribute("aria-busy");
  }
  if (view !== product) tell("page");
  const title = main.querySelector("h1");
  document.title = title && title.textContent !== page.shop ? `${title.textContent} · ${page.shop}` : page.shop;
}

addEventListener("hashchange", async () => {
  await show();
  scrollTo(0, 0);
  const title = main.querySelector("h1[tabindex]");
  if (title) title.focus({ preventScroll: true });
});
const NAMES = { "zh-CN": "中文", en: "English" };
document.documentElement.lang = page.lang;
const langs = document.getElementById("langs");
langs.setAttribute("aria-label", t.language);
langs.append(...page.languages.filter((code) => code !== page.lang).map((code) => button({ lang: code, onclick: () => {
  store.set("lang", code);
  location.reload();
} }, NAMES[code] || code)));
// Back from a provider: what it adds to the address proves nothing, and does not stay there.
const back = new URLSearchParams(location.search).get("order");
if (back) history.replaceState(null, "", `/shop/#/o/${encodeURIComponent(back)}`);
for (const label of document.querySelectorAll("[data-text]")) label.textContent = t[label.dataset.text];
cart.badge();
askConsent();
show();
addEventListener("visibilitychange", lookForMessages);
lookForMessages();
