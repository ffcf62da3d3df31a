import { describe, expect, it } from "vitest";
import { askedEachTime, daemon, invalid, places } from "./harness.ts";

const report = {
  tasksId: { started: [], invalid: [], denied: [] },
  tasksTag: [],
  tasksTagDenied: [],
  tasksCP: [],
  tasksCPDenied: [],
};

function pair(payload: unknown) {
  return { type: "keyvaluestore", payload };
}

describe.each([...places, daemon])("pairs with the start of a task on $name", (place) => {
  const start = askedEachTime(place);

  it.each(["PUT", "POST"])("B60: %s: whole pairs are written, others left out", async (method) => {
    const { ask, get, clock } = await start();
    const items = [
      pair({ namespace: "n", key: "k", value: "v", ttl: "10000" }),
      pair({ namespace: "n", key: "e", value: "" }),
      { type: "unknown" },
      pair(undefined),
      "text",
    ];
    const answer = await ask(method, "/v4/reloadtask/-/start", items);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(report);
    expect(await get("/v4/keyvalues/n?key=k")).toMatchObject({ status: 200, body: { value: "v" } });
    expect((await get("/v4/keylist/n")).body).toEqual({ namespace: "n", keys: [{ key: "k" }] });
    clock.leap(10_000);
    expect((await get("/v4/keyvalues/n?key=k")).status).toBe(400);
  });

  it.each([
    [5, "5"],
    [[1, "b"], '[1,"b"]'],
    [{ a: 1 }, '{"a":1}'],
    [true, "true"],
  ])("a value %j that is no text is written as JSON", async (value, expected) => {
    const { ask, get } = await start();
    await ask("PUT", "/v4/reloadtask/-/start", [pair({ namespace: "n", key: "k", value })]);
    expect(await get("/v4/keyvalues/n?key=k")).toMatchObject({ status: 200, body: { value: expected } });
  });

  it.each([
    ["10000ms", 10_000],
    ["soon", 0],
    ["", 0],
    [undefined, 0],
  ])("a ttl %j counts as %d ms", async (ttl, expectedMs) => {
    const { ask, get, clock } = await start();
    await ask("PUT", "/v4/reloadtask/-/start", [pair({ namespace: "n", key: "k", value: "v", ttl })]);
    clock.leap(9_999);
    expect((await get("/v4/keyvalues/n?key=k")).status).toBe(200);
    clock.leap(1);
    expect((await get("/v4/keyvalues/n?key=k")).status).toBe(expectedMs === 0 ? 200 : 400);
  });

  it("nothing is asked of an empty body, and other bodies are refused", async () => {
    const { ask } = await start();
    expect(await ask("PUT", "/v4/reloadtask/-/start")).toMatchObject({ status: 200, body: report });
    expect(await ask("PUT", "/v4/reloadtask/-/start", [])).toMatchObject({ status: 200, body: report });
    expect(await ask("PUT", "/v4/reloadtask/-/start", {})).toMatchObject(invalid("body must be array"));
  });

  it("a task cannot be started: that is said, and nothing written", async () => {
    const { ask, get } = await start();
    const written = pair({ namespace: "n", key: "k", value: "v" });
    const id = "8f6f1b4f-1f4a-4b0a-8f0e-2d5f7d1f6a11";
    for (const [taskId, items] of [
      [id, [written]],
      ["-", [written, { type: "starttaskid", payload: { taskId: id } }]],
      ["-", [written, { type: "starttasktag", payload: { tag: "x" } }]],
    ] as const) {
      const answer = await ask("PUT", `/v4/reloadtask/${taskId}/start`, items);
      expect(answer.status).toBe(501);
      expect(answer.body).toEqual({
        statusCode: 501,
        error: "Not Implemented",
        message:
          "Qlik tasks cannot be started here: use the task id '-' and a body of keyvaluestore items only",
      });
    }
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual([]);
  });
});
