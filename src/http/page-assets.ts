/** The files of the page, in memory: few, small and known by name, so that no path leads anywhere else. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { packageFile } from "../lib/package.ts";
import { chartModules, chartSpecifier, chartStyleSheet } from "./page-chart.ts";

export interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly compressed: Readonly<Record<"br" | "gzip", Buffer>>;
}

export interface Page {
  /** By the path that it is asked for. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** What the document may do and load. */
  readonly contentSecurityPolicy: string;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const require = createRequire(import.meta.url);

/** Bare names that the page's modules import, and the file of each. */
const packages: Readonly<Record<string, string>> = {
  preact: join(dirname(require.resolve("preact/package.json")), "dist/preact.mjs"),
  "preact/hooks": join(dirname(require.resolve("preact/package.json")), "hooks/dist/hooks.mjs"),
  htm: join(dirname(require.resolve("htm")), "htm.module.js"),
  "eventsource-parser": join(dirname(require.resolve("eventsource-parser")), "index.js"),
};

let page: Page | undefined;

/** Read once in the life of a process. */
export function readPage(): Page {
  page ??= read();
  return page;
}

function read(): Page {
  const directory = packageFile("src/http/page");
  const own = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  const files = new Map<string, Buffer>();
  for (const file of own.filter((name) => [".js", ".svg"].includes(extname(name))))
    files.set(`/assets/${file}`, readFileSync(join(directory, file)));
  files.set("/assets/page.css", styleSheet(directory, own));
  const names = Object.entries(packages).map(([name, file]): [string, string] => {
    const path = `/assets/packages/${name.replace("/", "-")}.js`;
    files.set(path, withoutSourceMap(readFileSync(file, "utf8")));
    return [name, path];
  });
  for (const [name, text] of chartModules()) {
    files.set(`/assets/chart/${name}`, withoutSourceMap(text));
    names.push([`${chartSpecifier}${name}`, `/assets/chart/${name}`]);
  }
  const importMap = JSON.stringify({ imports: Object.fromEntries(names) });
  files.set(
    "/",
    documentOf(readFileSync(join(directory, "index.html"), "utf8"), importMap, [...files.keys()]),
  );
  return {
    assets: new Map([...files].map(([path, body]) => [path, assetOf(path, body)])),
    contentSecurityPolicy: policy(importMap),
  };
}

/** One for the browser, though each view has its own: the theme first, then charts, what all views have before the views. */
function styleSheet(directory: string, files: readonly string[]): Buffer {
  const textOf = (file: string): string => readFileSync(join(directory, file), "utf8");
  const sheets = files.filter((file) => extname(file) === ".css" && file !== "theme.css");
  return Buffer.from([textOf("theme.css"), chartStyleSheet(), ...sheets.map(textOf)].join("\n"));
}

/** All modules are asked for at once: each import would else wait for the one before it. */
function documentOf(html: string, importMap: string, paths: readonly string[]): Buffer {
  const preloads = paths
    .filter((path) => path.endsWith(".js"))
    .map((path) => `<link rel="modulepreload" href="${path}">`);
  const head = [`<script type="importmap">${importMap}</script>`, ...preloads].join("\n    ");
  return Buffer.from(html.replace("<!-- modules -->", () => head));
}

function assetOf(path: string, body: Buffer): Asset {
  return {
    type: types[extname(path) || ".html"] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    body,
    compressed: { br: brotliCompressSync(body), gzip: gzipSync(body) },
  };
}

/** The map of a file that is not served would be asked for in vain. */
function withoutSourceMap(text: string): Buffer {
  return Buffer.from(text.replace(/^\/\/# sourceMappingURL=.*$/m, ""));
}

/** Nothing from anywhere else, and no code but these files: the one inline script is known by its hash. */
function policy(importMap: string): string {
  const hash = createHash("sha256").update(importMap).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
