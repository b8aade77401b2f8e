// Pictures: made smaller before they travel, shown at once, and sent with a bar that tells how far.
import {$, $$, el, nonce, t, toast} from "./util.js";

const EDGE = 1600;

async function shrink(file) {
  if (!/^image\/(jpeg|png|webp|heic|heif)$/.test(file.type)) return file;
  let picture;
  try {
    picture = await createImageBitmap(file, {imageOrientation: "from-image"});
  } catch {
    return file; // a kind that this browser cannot read: the server decides
  }
  const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size < 400_000) return file;
  const canvas = el("canvas", {width: Math.round(picture.width * scale), height: Math.round(picture.height * scale)});
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", .85));
  return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", {type: "image/jpeg"}) : file;
}

export function pictures(box) {
  const input = $("input[type=file][name]", box), camera = $("[data-camera]", box), shelf = $(".pictures", box);
  const single = "single" in box.dataset;
  const form = box.closest("form"), blank = $("template", box);
  let chosen = []; // [{file, item}], in the order in which they are sent
  const keep = () => {
    const data = new DataTransfer();
    chosen = chosen.filter(({item}) => item.isConnected);
    chosen.forEach(({file, item}, number) => { data.items.add(file); $("input", item).value = `+${number}`; });
    input.files = data.files;
    form.dispatchEvent(new Event("input", {bubbles: true}));
  };
  async function take(files) {
    for (const original of files) {
      const file = await shrink(original);
      if (single) $$(".picture", shelf).forEach((old) => old.remove());
      const item = blank.content.firstElementChild.cloneNode(true);
      Object.assign($("img", item), {src: URL.createObjectURL(file), alt: file.name});
      chosen.push({file, item});
      movable(item);
      shelf.append(item);
    }
    keep();
  }
  function movable(item) {
    item.draggable = !single;
    item.addEventListener("dragstart", (event) => { dragged = item; event.dataTransfer.effectAllowed = "move"; });
    item.addEventListener("dragend", () => { dragged = null; keep(); });
  }
  let dragged = null;
  shelf.addEventListener("dragover", (event) => {
    const over = event.target.closest(".picture");
    if (!dragged || !over) return;
    event.preventDefault();
    const {left, width} = over.getBoundingClientRect();
    if (over !== dragged) over[event.clientX < left + width / 2 ? "before" : "after"](dragged);
  });
  shelf.addEventListener("drop", (event) => event.preventDefault());
  shelf.addEventListener("click", (event) => {
    const button = event.target.closest("button"), item = button?.closest(".picture");
    if (!item) return;
    if ("remove" in button.dataset) {
      (item.nextElementSibling ? $("[data-remove]", item.nextElementSibling) : input).focus();
      item.remove();
    } else if (button.dataset.move === "1") item.nextElementSibling?.after(item);
    else item.previousElementSibling?.before(item);
    button.focus();
    keep();
  });
  $$(".picture", shelf).forEach(movable);
  input.addEventListener("change", () => take([...input.files]));
  camera?.addEventListener("change", () => { take([...camera.files]); camera.value = ""; });
}

// A form with new pictures is sent by script, because only so a bar can tell how far it is.
export function send(event, form) {
  const files = $$("input[type=file][name]", form).some((input) => input.files.length);
  if (!files) return;
  event.preventDefault();
  const bar = $("[data-progress]", form), button = $("[data-save]", form), words = button.textContent;
  const request = new XMLHttpRequest();
  const again = () => {
    bar.hidden = true;
    button.textContent = words;
    delete form.dataset.sent;
    toast(t("failed"));
  };
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.upload.addEventListener("progress", ({loaded, total}) => { bar.value = (loaded / total) * 100; });
  request.addEventListener("error", again);
  request.addEventListener("load", () => {
    if (request.status >= 500) return again();
    history.replaceState(null, "", request.responseURL);
    document.open();
    document.write(request.responseText.replace(/ nonce="[^"]*"/g, ` nonce="${nonce}"`)); // the policy is still that of this page
    document.close();
  });
  bar.hidden = false;
  button.textContent = t("sending");
  request.send(new FormData(form, event.submitter?.name ? event.submitter : undefined));
}
