import { expect, it } from "vitest";
import { type CommandEnd, describeEnd } from "../../src/exec/command.ts";

it.each<[CommandEnd, string]>([
  [{ how: "exited", code: 3 }, "exit status 3"],
  [{ how: "signalled", signal: "SIGKILL" }, "ended by SIGKILL"],
  [{ how: "timed-out", afterMs: 90_000 }, "timed out after 1m30s and was stopped"],
  [{ how: "not-started", reason: "there is no program x" }, "could not start: there is no program x"],
  [{ how: "lost" }, "the process that runs commands died under it"],
  [{ how: "stopped" }, "stopped"],
])("%j is told as %s", (end, text) => {
  expect(describeEnd(end)).toBe(text);
});
