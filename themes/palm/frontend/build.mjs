// Builds ../static from the sources here: NAME.HASH.EXT with .br and .gz beside it, and manifest.json.
// The same sources give the same bytes, so a check can rebuild and compare.
import {createHash} from "node:crypto";
import {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from "node:fs";
import {basename, dirname, extname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {brotliCompressSync, constants, gzipSync} from "node:zlib";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const built = join(here, "..", "static");
const out = `${built}.new`; // a running server keeps the old files until all new ones are there
const target = ["chrome90", "safari15"];
const manifest = {};

// Pictures are compressed already; the scanner needs a camera, hence HTTPS, hence a browser that speaks brotli.
const PLAIN = new Set([".png"]);
const BROTLI_ONLY = new Set([".wasm"]);

function emit(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const ext = extname(name);
  const file = `${basename(name, ext)}.${hash}${ext}`;
  writeFileSync(join(out, file), bytes);
  if (!PLAIN.has(ext)) {
    const params = {[constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length};
    writeFileSync(join(out, file + ".br"), brotliCompressSync(bytes, {params}));
    if (!BROTLI_ONLY.has(ext)) writeFileSync(join(out, file + ".gz"), gzipSync(bytes, {level: 9}));
  }
  manifest[name] = file;
  return file;
}

async function script(entry, {format = "iife", define = {}} = {}) {
  const result = await esbuild.build({
    entryPoints: [join(here, "js", entry)], bundle: true, minify: true, write: false, format, target,
    legalComments: "none", charset: "utf8", define, absWorkingDir: here,
  });
  return result.outputFiles[0].text;
}

async function style(entry, loadPaths = [join(modules, "bootstrap", "scss")]) {
  const css = sass.compile(join(here, "scss", entry), {loadPaths: [...loadPaths, modules], quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"]}).css;
  return (await esbuild.transform(css, {loader: "css", minify: true, target, legalComments: "none"})).code;
}

function sprite() {
  const lines = readFileSync(join(here, "icons.txt"), "utf8").split("\n").map((line) => line.replace(/#.*/, "").trim());
  const symbols = lines.filter(Boolean).map((line) => {
    const [id, source = id] = line.split("=").map((part) => part.trim());
    const svg = readFileSync(join(modules, "@tabler/icons/icons/outline", `${source}.svg`), "utf8");
    const shapes = svg.replace(/^[\s\S]*?<svg[\s\S]*?>/, "").replace(/<\/svg>\s*$/, "")
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" \/>/, "").replace(/\s+/g, " ").replace(/> </g, "><").trim();
    return `<symbol id="${id}" viewBox="0 0 24 24">${shapes.replace(/ \/>/g, "/>")}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

rmSync(out, {recursive: true, force: true});
mkdirSync(out, {recursive: true});

emit("icons.svg", sprite());
emit("app.css", await style("app.scss"));
emit("files.css", await style("files.scss"));
const files = {
  CELL_JS: emit("cell.js", await script("cell.js", {format: "esm"})),
  EACH_JS: emit("each.js", await script("each.js", {format: "esm"})),
  LOOKUP_JS: emit("lookup.js", await script("lookup.js", {format: "esm"})),
  SWAP_JS: emit("htmx.js", await script("swap.js", {format: "esm"})),
};
const wasm = emit("zxing-reader.wasm", readFileSync(join(modules, "zxing-wasm/dist/reader/zxing_reader.wasm")));
const worker = emit("scan-worker.js", await script("scan-worker.js", {define: {WASM: JSON.stringify(wasm)}}));
files.SCAN_JS = emit("scan.js", await script("scan.js", {format: "esm", define: {WORKER: JSON.stringify(worker)}}));
const define = Object.fromEntries(Object.entries(files).map(([key, file]) => [key, JSON.stringify(file)]));
emit("app.js", await script("app.js", {define}));
for (const picture of readdirSync(join(here, "img")).sort()) emit(picture, readFileSync(join(here, "img", picture)));

const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(join(out, "manifest.json"), JSON.stringify(sorted, null, 1) + "\n");
rmSync(built, {recursive: true, force: true});
renameSync(out, built);
