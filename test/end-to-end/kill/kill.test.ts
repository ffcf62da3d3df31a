import { expect, it } from "vitest";
import { runFaults } from "./faults.ts";

it("a daemon killed with SIGKILL again and again handles every revision exactly once and skips no state", async () => {
  const say = (): void => undefined;
  const report = await runFaults({ updates: 150, kills: 10, random: Math.random, say });
  expect(report.faults).toEqual([]);
  expect(report.kills).toBe(10);
}, 300_000);
