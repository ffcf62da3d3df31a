/** Who fired a transition by hand, as the history of the machine says it. */
import { hostname } from "node:os";
import { expect, it } from "vitest";
import { userHeader } from "../../src/http/actor.ts";
import { knownToken, serving } from "./serving.ts";
import { signIn } from "./signed-in.ts";

const go = { method: "POST", path: "/v1/machines/m/transition", body: { transition: "go" } };

async function firstBy(test: Awaited<ReturnType<typeof serving>>): Promise<string> {
  const { body } = await test.ask("GET", "/v1/machines/m/history");
  return body[0].by;
}

it("names the token, and where it came from", async () => {
  const test = await serving({ http: { tokens: [knownToken("ci", "transition")] } });
  expect((await test.askTcp({ ...go, headers: { authorization: "Bearer ci" } })).status).toBe(200);
  expect(await firstBy(test)).toBe("token ci from 127.0.0.1");
  expect(test.events.at(-1)).toMatchObject({ firedby: "token ci from 127.0.0.1" });
});

it("names the session's token", async () => {
  const test = await serving({ http: { tokens: [knownToken("root", "admin")] } });
  const headers = { ...(await signIn(test, "root")), origin: `http://127.0.0.1:${test.port}` };
  expect((await test.askTcp({ ...go, headers })).status).toBe(200);
  expect(await firstBy(test)).toBe("session root from 127.0.0.1");
});

it("says when nobody was asked who it is", async () => {
  const test = await serving();
  await test.askTcp(go);
  expect(await firstBy(test)).toBe("anyone from 127.0.0.1");
});

it.each([
  [{ [userHeader]: "ann" }, `user ann (claimed) on ${hostname()}`],
  [{ [userHeader]: encodeURIComponent("Zoë via sudo") }, `user Zoë via sudo (claimed) on ${hostname()}`],
  [{}, `local user on ${hostname()}`],
  [{ [userHeader]: encodeURIComponent("x\ny") }, `local user on ${hostname()}`],
  [{ [userHeader]: encodeURIComponent("x) on other (") }, `local user on ${hostname()}`],
  [{ [userHeader]: "%" }, `local user on ${hostname()}`],
  [{ [userHeader]: "x".repeat(65) }, `local user on ${hostname()}`],
])("over the socket, with %j: %s", async (headers, by) => {
  const test = await serving();
  await test.ask(go.method, go.path, go.body, headers);
  expect(await firstBy(test)).toBe(by);
});

it("believes no name that comes over TCP", async () => {
  const test = await serving();
  await test.askTcp({ ...go, headers: { [userHeader]: "ann" } });
  expect(await firstBy(test)).toBe("anyone from 127.0.0.1");
});
