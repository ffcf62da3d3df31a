/** Butler's API behind the daemon's own door: what counts a request and asks for a token does so once. */
import { expect, it } from "vitest";
import { butlerRoutes } from "../../../src/http/butler/butler.ts";
import type { HttpOptions } from "../../../src/http/http-options.ts";
import { knownToken, serving } from "../serving.ts";

const read = { "x-http-method-override": "GET" };
const path = "/v4/keyvalues/ns1?key=k1";

async function guarded(http: Partial<HttpOptions>) {
  const test = await serving({ http, routes: ({ store }) => [butlerRoutes(store)] });
  await test.ask("POST", "/v4/keyvalues/ns1", { key: "k1", value: "v1" });
  return test;
}

it("a POST that means another method is one request", async () => {
  const { askTcp } = await guarded({ ratePerMinute: 2 });
  for (const status of [200, 200, 429])
    expect(await askTcp({ method: "POST", path, headers: read })).toMatchObject({ status });
});

it("a POST that means another method needs what that one needs", async () => {
  const { askTcp } = await guarded({ tokens: [knownToken("reader", "read")] });
  const headers = { ...read, authorization: "Bearer reader" };
  expect(await askTcp({ method: "POST", path, headers })).toMatchObject({
    status: 200,
    body: { value: "v1" },
  });
  for (const meant of ["DELETE", "POST"]) {
    const other = { ...headers, "x-http-method-override": meant };
    expect(await askTcp({ method: "POST", path, headers: other })).toMatchObject({ status: 403 });
  }
});
