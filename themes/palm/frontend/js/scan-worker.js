// Reads barcodes off the main thread. Only this worker's own response may compile WebAssembly.
import {prepareZXingModule, readBarcodes} from "zxing-wasm/reader";

prepareZXingModule({overrides: {locateFile: () => new URL(WASM, self.location.href).href}, fireImmediately: true});

self.addEventListener("message", async ({data}) => {
  try {
    const found = await readBarcodes(data, {tryHarder: true, maxNumberOfSymbols: 1});
    self.postMessage({text: found[0]?.text || ""});
  } catch (error) {
    self.postMessage({error: String(error)});
  }
});
