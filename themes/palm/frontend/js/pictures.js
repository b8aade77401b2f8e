// Pictures: made smaller before they travel, shown at once, and sent with a bar that tells how far.
import {$, $$, el, t, toast} from "./util.js";

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
  let chosen = [];
  const keep = () => {
    const data = new DataTransfer();
    chosen.forEach(({file}) => data.items.add(file));
    input.files = data.files;
  };
  async function take(files) {
    for (const original of files) {
      const file = await shrink(original);
      if (single) {
        chosen = [];
        $$(".picture", shelf).forEach((old) => old.remove());
      }
      const check = el("input", {type: "checkbox", checked: true});
      const item = el("li", {className: "picture"}, el("img", {src: URL.createObjectURL(file), alt: file.name, width: 88, height: 88}),
        el("label", {}, check, t("keep")));
      const entry = {file};
      chosen.push(entry);
      check.addEventListener("change", () => { chosen = chosen.filter((other) => other !== entry); item.remove(); keep(); });
      shelf.append(item);
    }
    keep();
    box.closest("form").dispatchEvent(new Event("input", {bubbles: true}));
  }
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
    document.write(request.responseText);
    document.close();
  });
  bar.hidden = false;
  button.textContent = t("sending");
  request.send(new FormData(form, event.submitter?.name ? event.submitter : undefined));
}
