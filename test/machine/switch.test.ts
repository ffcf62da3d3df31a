/** A switch in a running machine: who presses it hears what came of it. */
import { expect, it, onTestFinished } from "vitest";
import { Machine } from "../../src/machine/machine.ts";
import { httpswitch } from "../../watchers/httpswitch.ts";
import { definition, transition, watcher } from "./definitions.ts";
import { testServices } from "./services.ts";

async function startSwitch() {
  const { services, events, until, ...test } = await testServices({ types: [httpswitch] });
  const { read } = httpswitch;
  const lamp = watcher("lamp", "httpswitch", {
    stateMatch: ["OFF", "ON", "LOCKED"],
    successTransition: "light",
    failTransition: "darken",
    properties: read({ on_when: ["ON"], off_when: ["OFF"], disable_when: ["LOCKED"] }),
  });
  const transitions = [
    transition("light", ["OFF"], "ON"),
    transition("darken", ["ON"], "OFF"),
    transition("lock", ["ON"], "LOCKED"),
    transition("leave", ["LOCKED"], "AWAY"),
  ];
  const of = definition({ initialState: "OFF", transitions, watchers: [lamp] });
  const machine = await Machine.start(of, services);
  onTestFinished(async () => {
    await machine.stop(0);
    await test[Symbol.asyncDispose]();
  });
  const statuses = (): unknown[] => events.flatMap(({ data }) => ("status" in data ? [data["status"]] : []));
  await until(() => statuses().length === 1);
  return { machine, statuses, until };
}

it("C83: a press fires, and the state that it leads to sets it and fires nothing", async () => {
  const { machine, statuses, until } = await startSwitch();
  expect(statuses()).toEqual(["off"]);
  expect(await machine.input("lamp", { on: true })).toMatchObject({ outcome: "on", fire: "success" });
  expect(machine.state).toBe("ON");
  await until(() => statuses().length === 3);
  expect(statuses()).toEqual(["off", "on", "on"]);
  await machine.request("darken", "person");
  await until(() => statuses().length === 4);
  expect(statuses().at(-1)).toBe("off");
  expect(machine.state).toBe("OFF");
  expect(machine.record.transitions).toBe(2);
});

it("C83: who presses a switch that is disabled or not active is refused, and nothing else happens", async () => {
  const { machine } = await startSwitch();
  await machine.input("lamp", { on: true });
  await machine.request("lock", "person");
  await expect(machine.input("lamp", { on: false })).rejects.toMatchObject({
    code: "ILLEGAL_TRANSITION",
    message: "switch lamp of machine m is disabled in state LOCKED",
  });
  await machine.request("leave", "person");
  await expect(machine.input("lamp", { on: false })).rejects.toMatchObject({
    code: "STOPPED",
    message: "watcher lamp is not active in state AWAY, and takes nothing now",
  });
  expect(machine.record.transitions).toBe(3);
});
