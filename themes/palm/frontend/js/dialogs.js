// Sheets, questions, and forms shown in a sheet.
import {$, $$, el, icon, t, toast} from "./util.js";

export function sheet(title, ...content) {
  const id = "sheet-title";
  const close = el("button", {className: "btn btn-quiet btn-icon", type: "button", "data-close": "", "aria-label": t("close")}, icon("x"));
  const dialog = el("dialog", {className: "sheet js", "aria-labelledby": id},
    el("div", {className: "sheet-head"}, el("h2", {id, textContent: title}), close), ...content);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  return dialog;
}

// Resolves true only when the person says so.
export function ask(question, yes, danger, stays) {
  return new Promise((resolve) => {
    let answer = false;
    const no = el("button", {className: "btn", type: "button", "data-close": "", textContent: stays || t("cancel")});
    const button = el("button", {className: `btn ${danger ? "btn-danger" : "btn-primary"}`, type: "button", textContent: yes || t("yes")});
    const dialog = sheet(yes || t("sure"), el("div", {className: "sheet-body"}, el("p", {className: "question", textContent: question})), el("div", {className: "sheet-foot"}, no, button));
    button.addEventListener("click", () => { answer = true; dialog.close(); });
    dialog.addEventListener("close", () => resolve(answer));
    button.focus();
  });
}

// Shows the questions of an action in a sheet; where that fails, opens their page.
export async function formSheet(href, title, enhance) {
  let html;
  try {
    const answer = await fetch(href, {headers: {"HX-Request": "true", Accept: "text/html"}, cache: "no-store"});
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    html = await answer.text();
  } catch {
    location.href = href;
    return;
  }
  const parts = new DOMParser().parseFromString(html, "text/html").body.childNodes;
  const dialog = sheet(title, ...parts);
  const form = $("form", dialog);
  if (form && !form.elements.next && $("[data-list]")) {
    form.append(el("input", {type: "hidden", name: "next", value: location.pathname + location.search}));
  }
  enhance(dialog);
  $("input:not([type=hidden]), select, textarea", dialog)?.focus();
  stays(dialog, enhance);
}

// What is wrong is said in the sheet, which stays open; what is done shows on the page below.
function stays(dialog, enhance) {
  dialog.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || $$("input[type=file]", form).some((input) => input.files.length)) return;
    event.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    let answer, html = "";
    try {
      answer = await fetch(form.action, {method: "POST", body: new FormData(form, event.submitter), redirect: "manual", headers: {"HX-Request": "true", Accept: "text/html"}});
      html = answer.type === "opaqueredirect" ? "" : await answer.text();
    } catch { /* no line: said below */ }
    delete form.dataset.sending;
    if (answer?.type === "opaqueredirect") {
      dialog.close();
      return form.elements.next ? location.assign(form.elements.next.value) : location.reload();
    }
    const again = answer && answer.status < 500 && new DOMParser().parseFromString(html, "text/html").querySelector("form[data-form]");
    if (!again) return toast(t("failed"));
    if (form.elements.next && !again.elements.next) again.append(el("input", {type: "hidden", name: "next", value: form.elements.next.value}));
    form.replaceWith(again);
    enhance(dialog);
    $("[data-focus]", dialog)?.focus();
  });
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.open);
    opener.closest("dialog")?.close();
    dialog.showModal();
    dialog.dispatchEvent(new CustomEvent("zg:open", {bubbles: true}));
    return;
  }
  if (event.target.closest("[data-close], dialog [data-cancel]")) {
    event.preventDefault();
    event.target.closest("dialog").close();
    return;
  }
  if (event.target.closest("[data-dismiss]")) event.target.closest("[data-flash]").remove();
  if (event.target.nodeName === "DIALOG") {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.detail) event.target.close();
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target, button = event.submitter;
  const question = button?.dataset.confirm || form.dataset.confirm;
  if (!question || form.dataset.confirmed) return;
  event.preventDefault();
  const danger = button?.matches(".btn-danger, .danger");
  if (!(await ask(question, button?.textContent.trim(), danger, button?.dataset.stays || form.dataset.stays))) return;
  form.dataset.confirmed = "yes";
  form.requestSubmit(button);
  delete form.dataset.confirmed;
}, true);

// A button pressed twice would send twice.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  if (!navigator.onLine) return;
  const form = event.target;
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 8000); // a download leaves the page standing
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));
