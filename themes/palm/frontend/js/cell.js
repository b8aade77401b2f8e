// A cell that becomes an input: Enter saves, Escape leaves, what is wrong stays in the cell.
let open = null;

const dirty = (form) => form.elements["cell-input"].value !== form.dataset.first;

function close(edit, focus) {
  edit.form.remove();
  edit.cell.classList.remove("editing");
  if (open === edit) open = null;
  if (focus) edit.link.focus();
}

function show(edit, form) {
  edit.form?.remove();
  edit.form = form;
  const input = form.elements["cell-input"];
  form.dataset.first ??= input.value;
  edit.cell.classList.add("editing");
  edit.cell.append(form);
  input.focus();
  input.select?.();
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close(edit, true);
  });
  input.addEventListener("blur", () => setTimeout(() => {
    if (open === edit && !form.contains(document.activeElement) && !form.querySelector(".field-error") && !dirty(form)) close(edit);
  }));
  form.querySelector("[data-cell-sheet]")?.addEventListener("click", (event) => {
    event.preventDefault();
    close(edit);
    edit.house.formSheet(edit.link.href, edit.link.getAttribute("aria-label"));
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); save(edit); });
}

const parsed = (html) => new DOMParser().parseFromString(html, "text/html");
const ask = (url, options = {}) => fetch(url, {...options, headers: {"HX-Request": "true", Accept: "text/html"}, cache: "no-store", redirect: "manual"});

async function save(edit) {
  const {house, form} = edit;
  if (form.dataset.sending) return;
  if (!dirty(form) && !form.querySelector(".field-error")) return close(edit, true);
  form.dataset.sending = "yes";
  let answer, page;
  try {
    answer = await ask(form.action, {method: "POST", body: new FormData(form)});
    page = parsed(await answer.text());
  } catch { /* no line: said below */ }
  delete form.dataset.sending;
  const again = page?.querySelector("form[data-cell-form]"), said = page?.querySelector("[data-said]")?.textContent;
  if (again) {
    again.dataset.first = form.dataset.first;
    return show(edit, again);
  }
  if (!answer?.ok || !said) return house.toast(house.failed);
  const where = edit.link.getAttribute("href"), cell = edit.link.dataset.cell;
  close(edit);
  await house.refresh();
  house.toast(said);
  [...document.querySelectorAll("a.cell-edit")].find((link) => link.getAttribute("href") === where && link.dataset.cell === cell)?.focus();
}

export async function edit(link, house) {
  if (open) {
    if (dirty(open.form)) return open.form.elements["cell-input"].focus();
    close(open);
  }
  let answer, form;
  try {
    answer = await ask(`${link.href}?cell=${encodeURIComponent(link.dataset.cell)}`);
    form = answer.status === 200 && parsed(await answer.text()).querySelector("form[data-cell-form]");
  } catch { /* its page says more */ }
  if (!form) return answer?.status === 204 ? house.formSheet(link.href, link.getAttribute("aria-label")) : location.assign(link.href);
  open = {link, house, cell: link.closest("td"), form: null};
  show(open, form);
}
