import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { request } from "node:http";
import { hostname } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { machineRoutes } from "../../src/http/machines.ts";
import { serve } from "../../src/http/server.ts";
import { supervise, yaml } from "../supervisor/supervise.ts";

async function control(files: Readonly<Record<string, string>> = { "m.yaml": yaml("m") }) {
  const test = await supervise(files);
  const socketPath = join(test.directory, "machinist.sock");
  const server = await serve({
    socketPath,
    routes: [machineRoutes(test.supervisor)],
    log: test.services.log,
  });
  onTestFinished(() => server.close());
  const ask = (method: string, path: string, body?: unknown) => send({ socketPath, method, path }, body);
  return { ...test, socketPath, ask, close: () => server.close() };
}

/** One request; `body` as JSON, or as it is when it is text. */
function send(
  to: { socketPath: string; method: string; path: string },
  body: unknown,
): Promise<{ status: number; body: never }> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const asking = request({ ...to, headers }, async (answer) => {
      resolve({ status: answer.statusCode ?? 0, body: JSON.parse(await text(answer)) as never });
    });
    asking.on("error", reject);
    asking.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

/** Can be parsed, and is too deep to be written again. */
const deep = "[".repeat(100_000) + "]".repeat(100_000);

describe("the control socket", () => {
  it("is for its owner only, and gone after close", async () => {
    const { socketPath, close } = await control();
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    await close();
    await expect(stat(socketPath)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("whose path is too long for a socket is refused with what to do", async () => {
    const path = `/tmp/${"x".repeat(120)}/machinist.sock`;
    const { services } = await supervise();
    await expect(serve({ socketPath: path, routes: [], log: services.log })).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining("choose a shorter data directory"),
    });
  });
});

describe("the definition of a machine", () => {
  const path = "/v1/machines/m/definition";
  const good = yaml("m");
  const bad = good.replace("fail_transition: go", "fail_transition: fly");
  const hashOf = (content: string) => createHash("sha256").update(content).digest("hex");
  const fault = {
    line: 9,
    column: 68,
    path: "watchers[0].fail_transition",
    severity: "error",
    message: expect.stringContaining("fly"),
    frame: expect.stringMatching(/^> +9 \| .* fail_transition: fly, .*\n +\| +\^{3}$/m),
  };

  it("is the text of what runs", async () => {
    const { ask, drop } = await control();
    const file = join(drop, "m.yaml");
    const runs = { name: "m", version: "1.0.0", hash: hashOf(good), file, text: good };
    const body = { ...runs, edited: null, problem: null, faults: [] };
    expect(await ask("GET", path)).toEqual({ status: 200, body });
    expect((await ask("GET", "/v1/machines/m")).body).toMatchObject({ definition: hashOf(good) });
  });

  it("after a faulty edit is the last good one, beside what the file says and what is wrong there", async () => {
    const { ask, write, logged } = await control();
    const refused = logged("a machine file is not valid; the last good definition runs on");
    await write("m.yaml", bad);
    await refused;
    const runs = { version: "1.0.0", hash: hashOf(good), text: good };
    expect((await ask("GET", path)).body).toMatchObject({ ...runs, edited: bad, faults: [fault] });
    await write("m.yaml", good);
    await expect.poll(async () => (await ask("GET", path)).body).toMatchObject({ edited: null, faults: [] });
  });

  it("that never was good is the text of the file", async () => {
    const { ask, drop } = await control({ "m.yaml": bad });
    const { body } = await ask("GET", path);
    expect(body).toMatchObject({ version: null, hash: hashOf(bad), text: bad, edited: null, problem: null });
    expect(body["faults"]).toEqual([{ file: join(drop, "m.yaml"), ...fault }]);
  });

  it("that another file's machine has the name of is said", async () => {
    const { ask } = await control({ "m.yaml": good, "z.yaml": good });
    const { body } = await ask("GET", "/v1/machines/z/definition");
    expect(body).toMatchObject({
      version: null,
      text: good,
      problem: expect.stringMatching(/m\.yaml already/),
    });
  });
});

describe("machines over HTTP", () => {
  it("C84: lists them by name with version, state, transitions legal now and health", async () => {
    const { ask } = await control({ "b.yaml": yaml("b"), "a.yaml": yaml("a"), "bad.yaml": "name: [" });
    const { status, body } = await ask("GET", "/v1/machines");
    expect(status).toBe(200);
    expect(body).toMatchObject([
      { name: "a", version: "1.0.0", state: "A", transitions: ["go"], health: "running", faults: [] },
      { name: "b", version: "1.0.0", state: "A", transitions: ["go"], health: "running", faults: [] },
      { name: "bad", version: null, state: null, transitions: [], health: "faulty" },
    ]);
    expect(body[2]["faults"][0]).toMatch(/bad\.yaml:\d+:\d+ error: /);
  });

  it("shows one with its watchers", async () => {
    const { ask } = await control();
    const { body } = await ask("GET", "/v1/machines/m");
    expect(body).toMatchObject({
      name: "m",
      state: "A",
      data: {},
      last: null,
      counters: { transitions: 0, illegal: 0 },
      watchers: [{ name: "alarm", type: "timer", active: true, outcome: "running", error: null }],
    });
  });

  it("fires a transition and answers when it is committed", async () => {
    const { ask, supervisor } = await control();
    const { status, body } = await ask("POST", "/v1/machines/m/transition", { transition: "go" });
    expect([status, body]).toMatchObject([200, { machine: "m", transition: "go", from: "A", to: "B" }]);
    expect(supervisor.machine("m").record.last).toMatchObject({
      transition: "go",
      by: `local user on ${hostname()}`,
    });
    const history = await ask("GET", "/v1/machines/m/history");
    expect(history.body).toMatchObject([
      { transition: "go", from: "A", to: "B", by: `local user on ${hostname()}`, revision: body["revision"] },
    ]);
  });

  it("fires from one state only when asked so", async () => {
    const { supervisor, ask } = await control();
    const refused = await ask("POST", "/v1/machines/m/transition", { transition: "go", from: "B" });
    expect(refused).toMatchObject({ status: 409, body: { error: { code: "WRONG_STATE" } } });
    expect(supervisor.machine("m").record.state).toBe("A");
    const fired = await ask("POST", "/v1/machines/m/transition", { transition: "go", from: "A" });
    expect(fired).toMatchObject({ status: 200, body: { from: "A", to: "B" } });
  });

  it("C27: an illegal transition and an unknown machine are errors that say so", async () => {
    const { ask } = await control();
    const illegal = await ask("POST", "/v1/machines/m/transition", { transition: "back" });
    expect(illegal).toMatchObject({
      status: 409,
      body: { error: { code: "ILLEGAL_TRANSITION", message: /^transition back is not legal in state A/ } },
    });
    const unknown = await ask("POST", "/v1/machines/n/transition", { transition: "go" });
    expect(unknown).toMatchObject({
      status: 404,
      body: { error: { code: "MACHINE_NOT_FOUND", message: 'there is no machine "n"; there are: m' } },
    });
  });

  it("reads and changes data, item by item", async () => {
    const { ask } = await control();
    expect((await ask("PUT", "/v1/machines/m/data/a.b", { value: { deep: [1] } })).status).toBe(200);
    expect((await ask("GET", "/v1/machines/m/data")).body).toEqual({ "a.b": { deep: [1] } });
    expect((await ask("GET", "/v1/machines/m/data/a.b")).body).toEqual({ value: { deep: [1] } });
    expect((await ask("DELETE", "/v1/machines/m/data/a.b")).status).toBe(200);
    expect(await ask("DELETE", "/v1/machines/m/data/a.b")).toMatchObject({
      status: 404,
      body: { error: { code: "DATA_NOT_FOUND", message: 'machine m has no data "a.b"; it has: none' } },
    });
  });

  it.each([
    ["POST", "/v1/machines/m/transition", "{broken", 400, "INVALID_ARGUMENT"],
    ["POST", "/v1/machines/m/transition", {}, 400, "INVALID_ARGUMENT"],
    ["POST", "/v1/machines/m/transition", { transition: "go", more: 1 }, 400, "INVALID_ARGUMENT"],
    ["PUT", "/v1/machines/m/data/x", { value: "x".repeat(5_000_000) }, 413, "VALUE_TOO_LARGE"],
    ["PUT", "/v1/machines/m/data/x", `{"value":${deep}}`, 400, "INVALID_ARGUMENT"],
    ["GET", "/v1/nothing", undefined, 404, "ROUTE_NOT_FOUND"],
    ["GET", "/v1/machines/m/data/none", undefined, 404, "DATA_NOT_FOUND"],
  ])("%s %s with bad input is refused: %#", async (method, path, body, status, code) => {
    const { ask } = await control();
    expect(await ask(method, path, body)).toMatchObject({ status, body: { error: { code } } });
  });
});
