/** A part of `npm run faults:cluster`: each fault once. */
import { expect, it } from "vitest";
import { runClusterFaults } from "./run.ts";

it("readers of a replicated bucket: miss no acknowledged entry while nodes die, freeze and come back", async () => {
  const said: string[] = [];
  const plan = { rounds: 3, keys: 100, megabytes: 20, say: (line: string) => said.push(line) };
  const { acknowledged, missed } = await runClusterFaults(plan);
  expect(missed, said.join("\n")).toEqual({ cursor: 0, "new cursor": 0, keys: 0, mirror: 0, updates: 0 });
  expect(acknowledged).toBe(303);
}, 300_000);
