import { expect, it } from "vitest";
import { createApp, defaultLimits } from "../../../src/http/app.ts";
import type { Routes } from "../../../src/http/routes.ts";
import { silentLogger } from "../../../src/lib/logger.ts";

const appWith = (route: Routes) => createApp({ log: silentLogger, limits: defaultLimits, routes: [route] });

it("a route that is hidden from OpenAPI is refused, so the table of routes and scopes has them all", async () => {
  const hidden: Routes = (app) =>
    void app.get("/v1/hidden", { config: { scope: "read" }, schema: { hide: true } }, () => "here");
  await expect(appWith(hidden)).rejects.toThrow("route GET /v1/hidden is not described");
});
