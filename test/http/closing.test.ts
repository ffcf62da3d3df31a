import { expect, it, onTestFinished } from "vitest";
import { createApp, defaultLimits } from "../../src/http/app.ts";
import { silentLogger } from "../../src/lib/logger.ts";

it("a request that comes while the server closes is answered 503 with Retry-After", async () => {
  let end = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    end = resolve;
  });
  let begun = (): void => undefined;
  const closing = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const app = await createApp({
    log: silentLogger,
    limits: defaultLimits,
    routes: [
      (added) => {
        added.get("/", { config: { scope: "open" } }, () => "here");
        added.addHook("preClose", () => {
          begun();
          return held;
        });
      },
    ],
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  expect((await fetch(url)).status).toBe(200);
  const closed = app.close();
  await closing;
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "10"]);
  expect(await answer.json()).toMatchObject({
    error: { code: "STOPPED", message: "the daemon is stopping. Send the request again" },
  });
  end();
  await closed;
});
