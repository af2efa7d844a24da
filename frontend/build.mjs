// Makes the scripts of the query page and of the graph page, and says what is in them.
//
// Reads:  src/*.js and the packages that package-lock.json pins.
// Writes: ../samvirke/web/static/built/, or the folder that is named – one script for each source, parts.json (name, version, licence and
//         checksum of every part and of every script) and licences.txt (the parts' licences, word for word).
//         The folder is replaced as a whole: a run that is stopped leaves the old one, or none.
// The same sources and the same lock file give the same bytes on any machine.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "..", "samvirke", "web", "static", "built");
const fresh = `${target}.new`;
const sources = readdirSync(join(here, "src")).filter((name) => name.endsWith(".js")).sort();
const digest = (...pieces) => {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
};

const made = await build({
  absWorkingDir: here,
  entryPoints: sources.map((name) => `src/${name}`),
  outdir: "out",
  bundle: true,
  charset: "utf8",
  format: "iife",
  legalComments: "none", // licences.txt has them whole
  logLevel: "warning",
  metafile: true,
  minify: true,
  target: "es2022",
  write: false,
});

// Which package a file came from: what follows the last node_modules.
const packageOf = (path) => {
  const steps = path.split("/");
  const at = steps.lastIndexOf("node_modules");
  if (at < 0) return undefined;
  const name = steps[at + 1].startsWith("@") ? steps.slice(at + 1, at + 3) : steps.slice(at + 1, at + 2);
  return [...steps.slice(0, at + 1), ...name].join("/");
};

const parts = new Map();
const scripts = [];
for (const file of [...made.outputFiles].sort((one, other) => (one.path < other.path ? -1 : 1))) {
  const name = file.path.split(sep).at(-1);
  const inside = Object.entries(made.metafile.outputs[relative(here, file.path).split(sep).join("/")].inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path)
    .sort();
  const used = new Set();
  for (const path of inside) {
    const folder = packageOf(path);
    if (folder === undefined) continue;
    used.add(folder);
    if (!parts.has(folder)) parts.set(folder, new Set());
    parts.get(folder).add(path);
  }
  scripts.push({
    name,
    bytes: file.contents.length,
    bytes_gzipped: gzipSync(file.contents, { level: 9 }).length,
    sha256: digest(file.contents),
    parts: [...used].map((folder) => JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8")).name).sort(),
  });
}

const table = [];
let licences = "The scripts in this folder hold parts of the packages below, under these licences.\n";
for (const folder of [...parts.keys()].sort()) {
  const { name, version, license } = JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8"));
  const files = [...parts.get(folder)].sort();
  const text = readdirSync(join(here, folder)).filter((file) => /^licen[cs]e(\.(md|txt))?$/i.test(file)).sort()[0];
  if (!license || !text) throw new Error(`${name} ${version} comes without a licence: it cannot be published.`);
  table.push({ name, version, licence: license, sha256: digest(...files.map((file) => readFileSync(join(here, file)))) });
  const said = readFileSync(join(here, folder, text), "utf8").replace(/\r\n/g, "\n").trim();
  licences += `\n${"-".repeat(72)}\n${name} ${version} (${license})\n\n${said}\n`;
}

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
for (const file of made.outputFiles) writeFileSync(join(fresh, file.path.split(sep).at(-1)), file.contents);
writeFileSync(join(fresh, "licences.txt"), licences);
writeFileSync(join(fresh, "parts.json"), `${JSON.stringify({ scripts, parts: table }, null, 1)}\n`);
rmSync(target, { recursive: true, force: true });
renameSync(fresh, target);
for (const { name, bytes_gzipped: size } of scripts) console.log(`${name}: ${(size / 1024).toFixed(1)} KiB gzipped`);
