// The shop over its own API. Texts come from the page, so that this file knows no language.
(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const main = document.getElementById("main");
  const store = {
    get cart() { return JSON.parse(localStorage.getItem("cart") || "[]"); },
    set cart(value) { localStorage.setItem("cart", JSON.stringify(value)); count(); },
    get token() { return localStorage.getItem("token"); },
    set token(value) { value ? localStorage.setItem("token", value) : localStorage.removeItem("token"); },
  };

  function make(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  }
  const money = (value) => new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: value.currency })
    .format(value.amount / 10 ** new Intl.NumberFormat("en", { style: "currency", currency: value.currency }).resolvedOptions().maximumFractionDigits);
  const price = (value) => make("span", { class: "money" }, money(value));
  function toast(text) {
    const node = document.getElementById("toast");
    node.textContent = text;
    node.classList.add("on");
    setTimeout(() => node.classList.remove("on"), 3500);
  }
  function count() {
    const pieces = store.cart.reduce((sum, line) => sum + line.quantity, 0);
    document.getElementById("count").textContent = pieces ? `(${pieces})` : "";
  }
  function show(...nodes) { main.replaceChildren(...nodes.flat().filter(Boolean)); main.focus({ preventScroll: true }); scrollTo(0, 0); }

  async function api(method, path, body, key) {
    const headers = { Accept: "application/json" };
    if (store.token) headers.Authorization = `Bearer ${store.token}`;
    if (body) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    const answer = await fetch(`/shop/api/v1${path}`, { method, headers, body: body && JSON.stringify(body), credentials: "omit" });
    const data = answer.status === 204 ? null : await answer.json();
    if (answer.status === 401 && path !== "/session") { store.token = null; location.hash = `#/sign-in${location.hash.slice(1)}`; }
    if (!answer.ok) throw Object.assign(new Error(data.errors ? Object.values(data.errors).join(" ") : data.detail), { status: answer.status });
    return data;
  }
  const guarded = (work) => async (event) => {
    event.preventDefault();
    const button = event.submitter || event.currentTarget;
    button.disabled = true;
    try { await work(event); } catch (error) { toast(error.message || words.failed); } finally { button.disabled = false; }
  };

  async function home(category) {
    const [shelves, page] = await Promise.all([api("GET", "/categories"), api("GET", `/products?limit=40${category ? `&category=${category}` : ""}`)]);
    const tab = (id, name) => make("button", { type: "button", "aria-pressed": String((category || "") === id), onclick: () => { location.hash = id ? `#/c/${id}` : "#/"; } }, name);
    const grid = make("div", { class: "grid" });
    const fill = (items) => grid.append(...items.map((p) => make("a", { class: "item", href: `#/p/${p.id}` },
      p.thumbnail ? make("img", { src: p.thumbnail, alt: "", loading: "lazy", width: 192, height: 192 }) : null,
      make("div", {}, make("div", { class: "quiet name" }, p.name), p.variants.length ? price(p.variants.reduce((a, b) => (a.price.amount <= b.price.amount ? a : b)).price) : ""))));
    fill(page.items);
    let next = page.next;
    const more = next && make("button", { class: "btn", type: "button", onclick: guarded(async () => {
      const following = await api("GET", `/products?limit=40&cursor=${encodeURIComponent(next)}${category ? `&category=${category}` : ""}`);
      fill(following.items);
      next = following.next;
      if (!next) more.remove();
    }) }, words.more);
    show(make("div", { class: "tabs" }, tab("", words.all), shelves.items.map((s) => tab(s.id, s.name))),
      page.items.length ? grid : make("p", { class: "quiet" }, words.nothing), more);
  }

  async function product(id) {
    const p = await api("GET", `/products/${id}`);
    const first = p.variants.find((v) => v.available > 0) || p.variants[0];
    const options = make("div", { class: "options", role: "radiogroup", "aria-label": p.name }, p.variants.map((v) => make("label", {},
      make("input", { type: "radio", name: "variant", value: v.id, checked: v === first, disabled: v.available < 1 }),
      make("span", { class: "grow" }, `${v.option || v.sku} `, make("span", { class: "quiet" }, v.available > 0 ? words.left.replace("{n}", v.available) : words.soldOut)), price(v.price))));
    const form = make("form", { onsubmit: guarded(async (event) => {
      const chosen = p.variants.find((v) => v.id === new FormData(event.target).get("variant"));
      const cart = store.cart;
      const line = cart.find((l) => l.id === chosen.id);
      if (line) line.quantity += 1;
      else cart.push({ id: chosen.id, quantity: 1 });
      store.cart = cart;
      toast(words.added);
    }) }, options, make("div", { class: "bar" }, make("button", { class: "btn main", disabled: !first || first.available < 1 }, words.add)));
    show(p.pictures.length ? make("img", { class: "hero", src: p.pictures[0], alt: p.name, width: 400, height: 400 }) : null,
      make("h2", {}, p.name), make("p", { class: "quiet" }, p.description), make("div", { class: "card" }, form));
  }

  const lineRow = (l, tools) => make("div", { class: "row card" }, l.picture ? make("img", { src: l.picture, alt: "" }) : null,
    make("div", { class: "grow" }, make("div", {}, l.name), make("div", { class: "quiet" }, `${l.option} × ${l.quantity}`)), price(l.total), tools);
  const sums = (o) => make("div", { class: "card" }, [["goods", o.goods_total], ["discount", o.discount_total], ["freight", o.freight_total], ["total", o.total]]
    .filter(([name, value]) => value.amount || name === "total").map(([name, value]) => make("div", { class: "row" }, make("span", { class: "grow" }, words[name]), price(value))));

  async function cart() {
    if (!store.cart.length) return show(make("h2", {}, words.cart), make("p", { class: "quiet" }, words.empty), make("a", { class: "btn", href: "#/" }, words.look));
    if (!store.token) { location.hash = "#/sign-in/cart"; return; }
    const wanted = () => store.cart.map((l) => ({ variant_id: l.id, quantity: l.quantity }));
    let quote;
    try { quote = await api("POST", "/quotes", { lines: wanted() }); } catch (error) {
      if (error.status === 404) { store.cart = []; return cart(); }
      throw error;
    }
    const addresses = (await api("GET", "/addresses")).items;
    const change = (id, by) => { store.cart = store.cart.map((l) => (l.id === id ? { ...l, quantity: l.quantity + by } : l)).filter((l) => l.quantity > 0); cart(); };
    const lines = quote.lines.map((l) => lineRow(l, make("span", { class: "row" },
      make("button", { class: "btn", type: "button", "aria-label": `${words.remove} ${l.name}`, onclick: () => change(l.variant_id, -1) }, "−"),
      make("button", { class: "btn", type: "button", "aria-label": `${words.add} ${l.name}`, onclick: () => change(l.variant_id, 1) }, "+"))));
    // One key for this cart as it stands: a second tap, or a retry on a bad line, orders once.
    const key = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`;
    const form = make("form", { onsubmit: guarded(async (event) => {
      const data = new FormData(event.target);
      const order = await api("POST", "/orders", { lines: wanted(), address_id: data.get("address"), note: data.get("note") }, key);
      store.cart = [];
      toast(words.placed);
      location.hash = `#/o/${order.number}`;
    }) }, make("h2", {}, words.address), make("div", { class: "card options", role: "radiogroup", "aria-label": words.address },
      addresses.map((a, i) => make("label", {}, make("input", { type: "radio", name: "address", value: a.id, checked: a.is_default || i === 0, required: true }),
        `${a.name} ${a.phone}, ${a.region.join(" ")} ${a.detail}`)), make("a", { class: "btn", href: "#/address" }, words.newAddress)),
      make("label", { for: "note" }, words.note), make("textarea", { id: "note", name: "note", maxlength: 500 }),
      make("div", { class: "bar" }, make("button", { class: "btn main", disabled: !addresses.length }, `${words.order} · ${money(quote.total)}`)));
    show(make("h2", {}, words.cart), lines, sums(quote), form);
  }

  const field = (name, extra = {}) => [make("label", { for: `f-${name}` }, words[name]), make("input", { id: `f-${name}`, name, required: true, ...extra })];
  function address() {
    show(make("h2", {}, words.newAddress), make("form", { class: "card", onsubmit: guarded(async (event) => {
      const data = Object.fromEntries(new FormData(event.target));
      await api("POST", "/addresses", { name: data.name, phone: data.phone, region: [data.province, data.city, data.district].filter(Boolean), detail: data.detail, is_default: true });
      location.hash = "#/cart";
    }) }, field("name", { autocomplete: "name" }), field("phone", { type: "tel", inputmode: "tel", autocomplete: "tel" }), field("province", { autocomplete: "address-level1" }),
      field("city", { autocomplete: "address-level2" }), field("district", { required: false }), field("detail", { autocomplete: "street-address" }),
      make("p", {}, make("button", { class: "btn main" }, words.save))));
  }
  function signIn(back) {
    if (document.body.dataset.demo !== "1") return show(make("p", {}, words.noLogin));
    show(make("h2", {}, words.signIn), make("p", { class: "quiet" }, words.demo), make("form", { class: "card", onsubmit: guarded(async (event) => {
      const answer = await api("POST", "/session", { code: `demo:${new FormData(event.target).get("who")}` });
      store.token = answer.token;
      location.hash = `#/${back}`;
    }) }, field("who", { maxlength: 40, autocomplete: "name" }), make("p", {}, make("button", { class: "btn main" }, words.signIn))));
  }
  async function orders() {
    if (!store.token) { location.hash = "#/sign-in/orders"; return; }
    const page = await api("GET", "/orders?limit=50");
    show(make("h2", {}, words.orders), page.items.length ? page.items.map((o) => make("a", { class: "card row", href: `#/o/${o.number}` },
      make("span", { class: "grow" }, make("span", {}, o.lines.map((l) => l.name).join(", ")), make("br"), make("span", { class: "quiet" }, `${o.number} · ${words.stages[o.stage]}`)), price(o.total)))
      : make("p", { class: "quiet" }, words.noOrders));
  }
  async function order(number) {
    const o = await api("GET", `/orders/${number}`);
    const verb = (name, label, body) => make("button", { class: "btn", type: "button", onclick: guarded(async () => { await api("POST", `/orders/${number}/${name}`, body); order(number); }) }, label);
    show(make("h2", {}, o.number), make("p", {}, words.stages[o.stage]), o.lines.map((l) => lineRow(l)), sums(o),
      o.shipments.map((s) => make("p", { class: "card" }, `${words.parcel}: ${s.carrier} ${s.tracking_number}`)),
      o.stage === "to_pay" ? verb("cancel", words.cancel, {}) : null, o.stage === "shipped" ? verb("receive", words.receive, {}) : null);
  }

  async function route() {
    const [, name = "", ...rest] = location.hash.split("/");
    try {
      await ({ "": () => home(), c: () => home(rest[0]), p: () => product(rest[0]), cart, address, orders, o: () => order(rest[0]), "sign-in": () => signIn(rest.join("/")) }[name] || home)();
    } catch (error) { show(make("p", { class: "error", role: "alert" }, error.message || words.failed), make("a", { class: "btn", href: "#/" }, words.back)); }
  }
  addEventListener("hashchange", route);
  count();
  route();
})();
