// Where one lives: province, city, district, one tap each, or a few letters of any of them.
const MOST = 40;
const same = (text) => text.normalize("NFKC").toLowerCase();
let all;

// A field for a form. `names` are the official ones, from the largest to the smallest; none until the last step is chosen.
export function picker({ h, t, button, load }) {
  let path = [];
  const chosen = { names: [] };
  const open = button({ id: "f-region", name: "region", class: "choose", "aria-haspopup": "dialog", "aria-describedby": "e-region" }, t.region_choose);
  const label = h("span", { class: "label", id: "l-region" }, t.region);
  const search = h("input", { type: "search", "aria-label": t.region_search, placeholder: t.region_search, enterkeyhint: "search", maxlength: 40 });
  const steps = h("div", { class: "chips" });
  const list = h("ul", { class: "places" });
  const sheet = h("dialog", { class: "place", "aria-labelledby": "t-region" }, h("div", { class: "row" }, h("h2", { id: "t-region" }, t.region),
    button({ class: "plain", onclick: () => sheet.close() }, t.close)), search, steps, list);
  open.setAttribute("aria-labelledby", "l-region f-region");

  const below = (at) => (at.length ? at.at(-1)[3] || [] : [...all.china, ["", t.abroad, t.abroad, all.abroad]]);
  const called = ([, name, shown = name]) => (name.includes(shown) ? name : `${shown} ${name}`);
  const row = (at, text) => h("li", {}, button({ onclick: () => take(at) }, text));

  function take(at) {
    path = at;
    search.value = "";
    if (!below(at).length) {
      const real = at.filter(([code]) => code);
      chosen.names = real.map(([, name]) => name);
      open.textContent = real.map(called).join(" ");
      document.getElementById("e-region").textContent = "";
      path = at.slice(0, -1); // opened again, the neighbors are there
      return sheet.close();
    }
    draw();
    list.scrollTop = 0;
    (list.querySelector("button") || search).focus();
  }

  function found(words) {
    const hits = [];
    const look = (at) => {
      for (const one of below(at)) {
        const here = [...at, one];
        const text = same(here.map(called).join(" "));
        // Of what lies below a hit only that is said which a word of its own asks for.
        if (words.every((word) => text.includes(word)) && words.some((word) => same(called(one)).includes(word))) hits.push(here);
        look(here);
      }
    };
    look([]);
    return hits.slice(0, MOST);
  }

  function draw() {
    const words = same(search.value).split(/\s+/).filter(Boolean);
    steps.hidden = words.length > 0 || !path.length;
    steps.replaceChildren(...path.map((one, at) => button({ "aria-label": called(one), onclick: () => take(path.slice(0, at)) }, `${called(one)} ×`)));
    const rows = words.length ? found(words).map((at) => row(at, at.map(called).join(" "))) : below(path).map((one) => row([...path, one], called(one)));
    list.replaceChildren(...(rows.length ? rows : [h("li", { class: "muted" }, t.nothing)]));
  }

  search.addEventListener("input", draw);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = search.value.trim() && list.querySelector("button");
    if (first) first.click();
  });
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
  open.addEventListener("click", async () => {
    const error = document.getElementById("e-region");
    try { all ||= await load(); } catch (refused) {
      error.textContent = refused.message;
      return;
    }
    draw();
    sheet.showModal();
  });
  // The sheet lies in the field but is no part of its form: Enter in it sends nothing.
  chosen.field = h("div", { class: "field" }, label, open, h("small", { class: "error", id: "e-region" }), sheet);
  return chosen;
}
