#!/usr/bin/env node
/** The program `machinist`: hands the process to `main`, and ends when nothing is left to do. */
import { processEnvironment } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import { main } from "./main.ts";

process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: processEnvironment(),
  workingDirectory: process.cwd(),
  signals: process,
  clock: systemClock,
  endNow: (status) => process.exit(status),
});
