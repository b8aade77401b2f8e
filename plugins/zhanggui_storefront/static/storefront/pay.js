// Paying an order: choose, go to the provider, come back, wait. Whether it is paid says the order alone, never an address.
const EVERY = 2000, CHECK = 3, MOST = 450; // milliseconds; each third time the shop asks the provider; a quarter of an hour
const phone = () => matchMedia("(pointer: coarse)").matches && innerWidth < 900;
// In a browser there are pages of a provider; who sits at a computer can scan a code as well.
const scenes = () => (phone() ? ["h5"] : ["page", "qr"]);

// The part of an unpaid order where it is paid, or null when nobody takes money here. `shop` holds the tools of shop.js.
export async function pay(order, shop) {
  const { api, h, t, busy, button, money, toast } = shop;
  const ways = (await api("GET", "/payment-methods")).items
    .map((offer) => ({ ...offer, scene: scenes().find((scene) => offer.scenes.includes(scene)) }))
    .filter((offer) => offer.available && offer.scene);
  if (!ways.length) return null;
  const tried = (await api("GET", `/orders/${order.number}/payments`)).items.filter((payment) => payment.state === "pending");
  const part = h("form", { class: "sheet pay" });
  const choose = h("fieldset", {}, h("legend", {}, t.pay_by), ways.map((way, at) => h("label", { class: "address" },
    h("input", { type: "radio", name: "method", value: way.method, checked: tried.length ? way.method === tried.at(-1).method : at === 0 }), h("span", {}, way.name))));
  if (!choose.querySelector(":checked")) choose.querySelector("input").checked = true;
  const go = h("button", { type: "submit", class: "main" }, t.pay.replace("{n}", money(order.total)));
  part.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(go, async () => {
      const way = ways.find((one) => one.method === part.elements.method.value);
      const body = { method: way.method, scene: way.scene, return_path: `/shop/?order=${order.number}` };
      const found = await api("POST", `/orders/${order.number}/pay`, body);
      if (found.action.type === "redirect" && /^https?:/.test(found.action.url)) {
        location.assign(found.action.url);
        await new Promise((resolve) => setTimeout(resolve, 5000)); // a second tap while the page changes
      } else if (found.action.type === "qr") {
        const other = button({ class: "wide", onclick: shop.show }, t.pay_other);
        const scan = t.scan.replace("{n}", way.name).replace("{m}", money(found.amount));
        part.replaceChildren(h("p", {}, scan), code(found.action, scan), waiting(), other);
        wait(order.number, shop);
      } else if (found.state === "captured") await shop.show();
      else toast(t.no_line);
    });
  });
  const waiting = () => h("p", { class: "waiting muted", role: "status" }, t.pay_waiting);
  part.append(choose, go);
  if (tried.length) {
    part.append(waiting());
    wait(order.number, shop);
  }
  return part;
}

function code({ size, path }, label) {
  const draw = (tag, props) => {
    const el = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(props)) el.setAttribute(name, value);
    return el;
  };
  const svg = draw("svg", { class: "code", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label });
  svg.append(draw("path", { d: path }));
  return svg;
}

let watch = 0;

// Ask the shop until the order is no longer to be paid, the reader has gone on, or nobody pays any more.
async function wait(number, { api, t, toast, show, here }) {
  const mine = ++watch, place = here();
  for (let times = 0; times < MOST; times++) {
    if (times % CHECK === 0) await api("POST", `/orders/${number}/payments/check`).catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
    if (mine !== watch || place !== here()) return;
    if (document.hidden) continue;
    const order = await api("GET", `/orders/${number}`).catch(() => null); // no line: asked again
    if (mine !== watch || place !== here()) return;
    if (order && order.stage !== "to_pay") {
      if (order.payment_status === "paid") toast(t.paid);
      return show();
    }
  }
}
