import { expect, it } from "vitest";
import type { LogFields } from "../../src/lib/logger.ts";
import { WatcherErrors } from "../../src/machine/watcher-errors.ts";
import { tracesOf } from "../../src/watching/log-output.ts";
import { listLogger } from "./services.ts";

const result = {
  end: { how: "exited", code: 1 },
  stdout: "",
  stdoutComplete: true,
  output: Array.from({ length: 20 }, (_, line) => `line ${line}\n`).join(""),
  durationMs: 1,
  run: 17,
} as const;

function logged(isLogged: boolean): unknown {
  const lines: { level: string; message: string; fields: LogFields }[] = [];
  new WatcherErrors(
    listLogger(lines, {}, () => undefined),
    "deploy",
  ).log("build it", {
    error: "exit status 1",
    ...tracesOf(result, isLogged),
  });
  return lines;
}

it("a failed run is logged with the command that shows its output, and without the output", () => {
  const fields = {
    watcher: "build it",
    reason: "exit status 1",
    logs: 'machinist logs deploy "build it" --run 17',
  };
  expect(logged(false)).toEqual([{ level: "warn", message: "a watcher failed", fields }]);
});

it("log_output: true logs the last lines of a failed run", () => {
  const output = Array.from({ length: 10 }, (_, line) => `line ${line + 10}`).join("\n");
  expect(logged(true)).toMatchObject([{ level: "warn", fields: { output } }]);
});
