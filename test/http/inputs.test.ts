import { describe, expect, it } from "vitest";
import { choriaRoutes } from "../../src/http/choria.ts";
import { inputRoutes } from "../../src/http/inputs.ts";
import { type ServingOptions, serving } from "./serving.ts";

const machine = `
name: m
version: 1.0.0
initial_state: OFF
transitions:
  - { name: light, from: [OFF], destination: ON }
  - { name: darken, from: [ON], destination: OFF }
  - { name: lock, from: [ON], destination: LOCKED }
watchers:
  - { name: lamp, type: httpswitch, success_transition: light, fail_transition: darken,
      properties: { on_when: [ON], off_when: [OFF], disable_when: [LOCKED], annotations: { room: attic } } }
  - { name: push, type: webhook, state_match: [OFF], success_transition: light,
      properties: { secret: long-enough, headers: { X-GitHub-Event: push }, store: push } }
`;

async function withSwitch(http: ServingOptions["http"] = {}) {
  return serving({
    files: { "m.yaml": machine },
    routes: ({ supervisor }) => [inputRoutes(supervisor), choriaRoutes(supervisor)],
    http,
  });
}

describe("switches", () => {
  const lamp = "/v1/machines/m/switches/lamp";

  it("C83: are pressed, and say what they are then", async () => {
    const { ask, supervisor } = await withSwitch();
    const on = { status: "on", isOn: true, annotations: { room: "attic" } };
    expect(await ask("POST", lamp, { on: true })).toMatchObject({ status: 200, body: on });
    expect(supervisor.machine("m").state).toBe("ON");
    expect((await ask("POST", lamp, { on: false })).body).toMatchObject({ status: "off", isOn: false });
    await expect.poll(async () => (await ask("GET", lamp)).body).toMatchObject({ status: "off" });
  });

  it("C83: refuse when disabled, and what is no switch is not there", async () => {
    const { ask, supervisor } = await withSwitch();
    await ask("POST", lamp, { on: true });
    await supervisor.machine("m").request("lock", "person");
    expect(await ask("POST", lamp, { on: false })).toMatchObject({
      status: 409,
      body: { error: { message: "switch lamp of machine m is disabled in state LOCKED" } },
    });
    expect(await ask("POST", "/v1/machines/m/switches/push", { on: true })).toMatchObject({
      status: 404,
      body: {
        error: {
          code: "WATCHER_NOT_FOUND",
          message: 'machine m has no httpswitch watcher "push"; it has: lamp',
        },
      },
    });
    expect(await ask("POST", lamp, { on: "yes" })).toMatchObject({ status: 400 });
  });
});

describe("Choria's paths", () => {
  const lamp = "/choria/machine/switch/v1/m/lamp";
  const home = "/choria/homeassistant/switch/v1/m/lamp";

  it("C83: answer what the switch is, also for off", async () => {
    const { ask } = await withSwitch();
    expect((await ask("POST", lamp, { on: true })).body).toEqual({ is_on: true });
    expect((await ask("POST", lamp, { on: false })).body).toEqual({ is_on: false });
    await expect
      .poll(async () => (await ask("GET", lamp)).body)
      .toEqual({ is_on: false, is_off: true, status: "off", detail: { room: "attic" } });
    expect(await ask("GET", "/choria/machine/switch/v1/m/none")).toMatchObject({ status: 404 });
    expect(await ask("DELETE", lamp)).toMatchObject({ status: 404 });
  });

  it("Home Assistant's: text in, text out", async () => {
    const { ask } = await withSwitch();
    const plain = { "content-type": "text/plain" };
    expect(await ask("POST", home, "ON", plain)).toMatchObject({ status: 200, body: "ON" });
    expect(await ask("GET", home)).toMatchObject({ status: 200, body: "ON" });
    expect((await ask("POST", home, "OFF", plain)).body).toBe("OFF");
    expect(await ask("GET", home.replace("lamp", "none"))).toMatchObject({
      status: 404,
      body: { error: { code: "WATCHER_NOT_FOUND" } },
    });
  });
});
