import { expect, it } from "vitest";
import { runFaults } from "./faults.ts";

it.runIf(process.platform === "linux")(
  "killed with SIGKILL again and again, daemon and helper keep every promise: one id for each run, one run at a time, nothing left over",
  async () => {
    const say = (): void => undefined;
    const { kills, faults } = await runFaults({ updates: 100, kills: 20, random: Math.random, say });
    expect(faults).toEqual([]);
    expect(kills.daemon + kills.helper + kills.both).toBe(20);
  },
  300_000,
);
