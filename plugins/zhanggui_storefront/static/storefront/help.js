// What the shop explains: all of it, what answers a question, and one article. Loaded when somebody opens it.
export async function help({ api, h, t, heading, empty }, args, id) {
  if (id) {
    const a = await api("GET", `/articles/${id}`);
    const text = h("div", { class: "sheet", lang: a.lang });
    text.innerHTML = a.html; // cleaned by the shop: paragraphs, headings, lists, tables, links
    return [heading(a.title), text, h("p", {}, h("a", { class: "button", href: "#/help" }, t.help))];
  }
  const q = args.get("q") || "";
  const found = await api("GET", `/articles${q ? `?q=${encodeURIComponent(q)}` : ""}`);
  const box = h("input", { name: "q", type: "search", value: q, maxlength: 80, "aria-label": t.search, placeholder: t.search, enterkeyhint: "search" });
  const form = h("form", { class: "search", role: "search", onsubmit: (event) => {
    event.preventDefault();
    location.hash = `#/help${box.value.trim() ? `?q=${encodeURIComponent(box.value.trim())}` : ""}`;
  } }, box);
  const row = (a) => h("li", {}, h("a", { class: "sheet order", href: `#/help/${a.id}` }, h("span", { class: "name" }, a.title), h("span", { class: "muted" }, a.lead)));
  return [heading(t.help), form, found.items.length ? h("ul", { class: "orders" }, found.items.map(row)) : empty(t.nothing)];
}
