// Builds the one module and the one style sheet that the Python package ships.
import { mkdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";

const LIMITS = { "widget.js": 250_000, "widget.css": 30_000 };
const here = fileURLToPath(new URL(".", import.meta.url));
const outdir = fileURLToPath(new URL("../nbembed/static/", import.meta.url));

const options = {
  absWorkingDir: here,
  entryPoints: { widget: "src/index.ts" },
  outdir,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  // A page with require.js (classic notebooks) must not turn libraries into AMD modules.
  define: { "define.amd": "false" },
  logLevel: "warning",
};

async function checkSize() {
  for (const [name, limit] of Object.entries(LIMITS)) {
    const { size } = await stat(`${outdir}${name}`);
    console.log(`${name.padEnd(11)} ${(size / 1000).toFixed(1)} KB`);
    if (size > limit) throw new Error(`${name} has ${size} bytes, the limit is ${limit}`);
  }
}

await mkdir(outdir, { recursive: true });
if (process.argv.includes("--watch")) {
  const watcher = await context({ ...options, logLevel: "info" });
  await watcher.watch();
} else {
  await build(options);
  await checkSize();
}
