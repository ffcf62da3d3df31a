/** The files of the page, in memory: few, small and known by name, so that no path leads anywhere else. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { packageFile } from "../lib/package.ts";
import { chartModules, chartSpecifier, chartStyleSheet } from "./page-chart.ts";
import { neededBy } from "./page-modules.ts";

export interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
  /** Made when it is first asked for, beside the event loop: all files together would hold it up for half a second. */
  compressed(encoding: Encoding): Promise<Buffer>;
}

export type Encoding = "br" | "gzip";

export interface Page {
  /** By the path that it is asked for: `/`, and all else below `/assets/VERSION/`. */
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
  const { files, names } = filesOf(directory);
  const base = `/assets/${versionOf([...files.values()])}`;
  const absolute = (file: string): string => `${base}/${file}`;
  const importMap = JSON.stringify({
    imports: Object.fromEntries([...names].map(([name, file]) => [name, absolute(file)])),
  });
  const html = readFileSync(join(directory, "index.html"), "utf8").replaceAll("/assets", () => base);
  const document = documentOf(html, importMap, neededBy("main.js", files, names).map(absolute));
  return {
    assets: new Map([
      ["/", assetOf("/", document)],
      ...[...files].map(([file, body]) => [absolute(file), assetOf(file, body)] as const),
    ]),
    contentSecurityPolicy: policy(importMap),
  };
}

/** `names`: what modules import by a bare name, and the file that it is. */
function filesOf(directory: string): { files: Map<string, Buffer>; names: Map<string, string> } {
  const own = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  const files = new Map<string, Buffer>();
  const names = new Map<string, string>();
  for (const file of own.filter((name) => [".js", ".svg"].includes(extname(name))))
    files.set(file, readFileSync(join(directory, file)));
  files.set("page.css", styleSheet(directory, own));
  const addModule = (name: string, file: string, text: string): void => {
    files.set(file, withoutSourceMap(text));
    names.set(name, file);
  };
  for (const [name, file] of Object.entries(packages))
    addModule(name, `packages/${name.replace("/", "-")}.js`, readFileSync(file, "utf8"));
  for (const [name, text] of chartModules()) addModule(`${chartSpecifier}${name}`, `chart/${name}`, text);
  return { files, names };
}

/** Another one for files of which any is other: so a browser need never ask for one again. */
function versionOf(bodies: readonly Buffer[]): string {
  const hash = createHash("sha256");
  for (const body of bodies) hash.update(body).update("\0");
  return hash.digest("hex").slice(0, 12);
}

/** One for the browser, though each view has its own: the theme first, then charts, what all views have before the views. */
function styleSheet(directory: string, files: readonly string[]): Buffer {
  const textOf = (file: string): string => readFileSync(join(directory, file), "utf8");
  const sheets = files.filter((file) => extname(file) === ".css" && file !== "theme.css");
  return Buffer.from([textOf("theme.css"), chartStyleSheet(), ...sheets.map(textOf)].join("\n"));
}

/** All that the page begins with is asked for at once: each import would else wait for the one before it. */
function documentOf(html: string, importMap: string, first: readonly string[]): Buffer {
  const preloads = first.map((path) => `<link rel="modulepreload" href="${path}">`);
  const head = [`<script type="importmap">${importMap}</script>`, ...preloads].join("\n    ");
  return Buffer.from(html.replace("<!-- modules -->", () => head));
}

const compressors = { br: promisify<Buffer, Buffer>(brotliCompress), gzip: promisify<Buffer, Buffer>(gzip) };

function assetOf(path: string, body: Buffer): Asset {
  const compressed = new Map<Encoding, Promise<Buffer>>();
  return {
    type: types[extname(path) || ".html"] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    body,
    compressed: (encoding) => {
      const made = compressed.get(encoding) ?? compressors[encoding](body);
      compressed.set(encoding, made);
      return made;
    },
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
