// Bundles src/ into ../static/build: files with a content hash in their name, manifest.json (plain name -> file name)
// and THIRD-PARTY-NOTICES.txt. Run by scripts/assets.py; no network, no other output.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import subsetFont from "subset-font";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static", "build");
const staging = target + ".new";

// Latin, Latin-1 Supplement, Latin Extended-A and -B and Additional (names of all Latin alphabets), punctuation, euro, arrows, minus.
const RANGES = [[0x20, 0x7e], [0xa0, 0x24f], [0x1e00, 0x1eff], [0x2010, 0x2027], [0x202f, 0x203a], [0x20ac, 0x20ac],
  [0x2190, 0x2193], [0x2212, 0x2212], [0x2260, 0x2265]];
const ALPHABET = RANGES.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i))).join("");

const fonts = {
  name: "fonts",
  setup(build) {
    build.onResolve({ filter: /^fonts:/ }, ({ path }) => ({
      path: join(here, "node_modules/@kern-ux/native/dist/fonts/fira-sans", path.slice("fonts:".length)),
      namespace: "fonts",
    }));
    build.onLoad({ filter: /.*/, namespace: "fonts" }, async ({ path }) => ({
      contents: await subsetFont(await readFile(path), ALPHABET, { targetFormat: "woff2" }),
      loader: "file",
    }));
  },
};

async function notices(inputs) {
  const packages = new Set();
  for (const input of Object.keys(inputs)) {
    const match = input.replace(/^fonts:/, "").match(/node_modules\/((?:@[^/]+\/)?[^/]+)/);
    if (match) packages.add(match[1]);
  }
  const parts = [];
  for (const name of [...packages].sort()) {
    const folder = join(here, "node_modules", name);
    const facts = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
    if (files.length === 0) throw new Error(`${name} ships no licence text; it must not be bundled without one`);
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    parts.push(`${facts.name} ${facts.version} (${facts.license})\n\n${texts.join("\n\n").trim()}\n`);
  }
  // The fonts come inside the KERN package but have a licence and a copyright holder of their own.
  if (Object.keys(inputs).some((input) => input.endsWith(".woff2"))) {
    parts.push("Fira Sans (OFL-1.1), reduced to Latin characters\n\nDigitized data copyright (c) 2012-2015, The Mozilla Foundation and Telefonica S.A.\n\n"
      + await readFile(join(here, "OFL-1.1.txt"), "utf8"));
  }
  return "Etappe contains the following works of others.\n\n" + parts.join("\n" + "-".repeat(100) + "\n\n");
}

await rm(staging, { recursive: true, force: true });
await mkdir(staging, { recursive: true });
const result = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/app.js", "app.style": "src/app.css" },
  outdir: staging,
  bundle: true,
  minify: true,
  format: "esm",
  splitting: true,
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  plugins: [fonts],
});

const manifest = {};
for (const [file, facts] of Object.entries(result.metafile.outputs)) {
  const name = basename(file);
  const plain = facts.entryPoint ? basename(facts.entryPoint) : name.replace(/-[A-Z0-9]{8}(?=\.)/, "");
  manifest[plain] = relative(staging, join(here, file));
}
await writeFile(join(staging, "manifest.json"), JSON.stringify(manifest, Object.keys(manifest).sort(), 1) + "\n");
await writeFile(join(staging, "THIRD-PARTY-NOTICES.txt"), await notices(result.metafile.inputs));
await rm(target, { recursive: true, force: true });
await rename(staging, target);
