// A barcode from the camera; from a photo where there is no camera to use. The browser's own reader
// first, else WebAssembly in a worker.
const base = new URL(".", import.meta.url).href;

function make(tag, props, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
}

async function reader() {
  if ("BarcodeDetector" in window) {
    const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
    if (formats.includes("ean_13")) {
      const detector = new BarcodeDetector({formats});
      return {read: async (source) => (await detector.detect(source))[0]?.rawValue || "", close() {}};
    }
  }
  const worker = new Worker(base + WORKER);
  const canvas = document.createElement("canvas");
  const one = (source) => new Promise((resolve, reject) => {
    const width = source.videoWidth || source.width, height = source.videoHeight || source.height;
    const scale = Math.min(1, 1280 / Math.max(width, height));
    canvas.width = width * scale;
    canvas.height = height * scale;
    const context = canvas.getContext("2d", {willReadFrequently: true});
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    worker.onmessage = ({data}) => (data.error ? reject(new Error(data.error)) : resolve(data.text));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(context.getImageData(0, 0, canvas.width, canvas.height));
  });
  // One picture at a time, or the answer to a frame would be taken for the answer to a photo.
  let last = Promise.resolve();
  return {
    read: (source) => (last = last.catch(() => "").then(() => one(source))),
    close: () => worker.terminate(),
  };
}

// With `each` the camera stays open: it takes every code and answers what to say; a code that is held still counts once.
export async function scan(sheet, t, each) {
  const video = make("video", {playsInline: true, muted: true});
  const words = make("p", {textContent: t("scanhint")});
  words.setAttribute("aria-live", "polite");
  const photo = make("input", {type: "file", accept: "image/*"});
  photo.setAttribute("capture", "environment");
  const body = make("div", {className: "sheet-body scanner"}, words, video, make("div", {className: "pick"}, make("label", {className: "btn"}, t("takepicture"), photo)));
  const dialog = sheet(t("scan"), body);
  const eye = await reader();
  let stream, open = true, code = "";
  const done = new Promise((resolve) => dialog.addEventListener("close", () => {
    open = false;
    stream?.getTracks().forEach((track) => track.stop());
    eye.close();
    resolve(code);
  }));
  let before = "";
  const found = (text) => {
    if (!text || !open || (each && text === before)) return;
    navigator.vibrate?.(20);
    before = text;
    if (each) words.textContent = each(text);
    else { code = text; dialog.close(); }
  };
  photo.addEventListener("change", async () => {
    const text = await eye.read(await createImageBitmap(photo.files[0])).catch((error) => { words.textContent = error.message; return null; });
    if (text === "") words.textContent = t("nocode");
    else if (text) found(text);
  });
  try {
    stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment", width: {ideal: 1280}}});
    video.srcObject = stream;
    await video.play();
    (async () => {
      while (open && !code) {
        found(await eye.read(video).catch(() => ""));
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
    })();
  } catch {
    video.remove();
    words.textContent = t("nocamera");
  }
  return done;
}
