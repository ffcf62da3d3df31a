import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { readPage } from "../../../src/http/page-assets.ts";
import { pageRoutes } from "../../../src/http/page-routes.ts";
import { knownToken, serving } from "../serving.ts";

const routes = () => [pageRoutes];

it("is served to whoever comes: it holds nothing", async () => {
  const { askTcp } = await serving({ routes, http: { tokens: [knownToken("t", "read")] } });
  const answer = await askTcp({ path: "/" });
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    vary: "Accept-Encoding",
  });
  expect(answer.headers["content-security-policy"]).toMatch(
    /^default-src 'none'; script-src 'self' 'sha256-[^']+'; style-src 'self'; /,
  );
  expect(answer.body).toContain('<script type="importmap">');
});

it("asks nothing of any other place, and every module that it names is there", async () => {
  const { assets } = readPage();
  const document = `${assets.get("/")?.body}`;
  const named = [...document.matchAll(/(?:href|src)="([^"]+)"/g), ...document.matchAll(/":"([^"]+)"/g)].map(
    ([, path]) => path,
  );
  expect(named.length).toBeGreaterThan(10);
  // Who has signed in is asked for beside the files.
  for (const path of named.filter((path) => path !== "/v1/session"))
    expect(assets.has(path ?? ""), path).toBe(true);
  for (const [path, { body }] of assets) {
    for (const [, from] of `${body}`.matchAll(/^import [^;]*?from "(\.[^"]+)";/gm)) {
      expect(assets.has(new URL(from ?? "", `http://page${path}`).pathname), `${from} of ${path}`).toBe(true);
    }
  }
});

it("comes compressed when that is understood, and not again when it is known", async () => {
  const { askTcp } = await serving({ routes });
  const path = [...readPage().assets.keys()].find((name) => name.endsWith("/page.css")) ?? "";
  const plain = await askTcp({ path });
  const asset = readPage().assets.get(path);
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(Buffer.byteLength(plain.body)).toBe(asset?.body.length);
  expect(
    (await askTcp({ path, headers: { "accept-encoding": "gzip, br" } })).headers["content-encoding"],
  ).toBe("br");
  expect((await askTcp({ path, headers: { "accept-encoding": "gzip" } })).headers["content-encoding"]).toBe(
    "gzip",
  );
  expect(brotliDecompressSync((await asset?.compressed("br")) ?? "")).toEqual(asset?.body);
  expect(gunzipSync((await asset?.compressed("gzip")) ?? "")).toEqual(asset?.body);
  const again = await askTcp({ path, headers: { "if-none-match": `${plain.headers.etag}` } });
  expect(again).toMatchObject({ status: 304, body: "" });
});

it.each([
  "/assets/",
  "/assets/nothing.js",
  "/assets/../server.js",
  "/assets/%2e%2e/server.ts",
  "/assets/tsconfig.json",
])("%s is not of the page", async (path) => {
  const { askTcp } = await serving({ routes });
  expect(await askTcp({ path })).toMatchObject({ status: 404, body: { error: { code: "ROUTE_NOT_FOUND" } } });
});

it("weighs less than 100 kB", async () => {
  const files = await Promise.all([...readPage().assets.values()].map((asset) => asset.compressed("br")));
  const bytes = files.reduce((sum, { length }) => sum + length, 0);
  expect(bytes).toBeLessThan(100_000);
});
