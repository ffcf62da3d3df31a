#!/usr/bin/env node
/**
 * The program `machinist`: hands the process to `main`, and ends when nothing is left to do. Loads the rest only when this
 * process may open enough files for it; else Node would print a stack trace.
 */
import { tooFewOpenFiles } from "../lib/open-files.ts";

const failure = tooFewOpenFiles();
process.exitCode = failure ? 1 : await run();
if (failure) {
  const { code, message, details } = failure;
  const isJson = process.argv.includes("--json");
  process.stderr.write(
    isJson ? `${JSON.stringify({ error: { code, message, details } })}\n` : `machinist: ${message}\n`,
  );
}

async function run(): Promise<number> {
  const { main } = await import("./main.ts");
  const { processEnvironment } = await import("../config/config.ts");
  const { systemClock } = await import("../lib/clock.ts");
  return main(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: processEnvironment(),
    workingDirectory: process.cwd(),
    signals: process,
    clock: systemClock,
    endNow: (status) => process.exit(status),
  });
}
