/** Runs test files in a copy of the work tree, up to the first test that fails. */
import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** A fault may make a loop endless: who takes that long has been noticed. */
const patienceMs = 150_000;
const reportName = "mutation-report.json";

/**
 * `passed`: all tests; `failed`: at least one, by its name, or the run did not end; `broken`: a file did not even load, which
 * says nothing about tests.
 */
export type Verdict =
  | { readonly how: "passed" }
  | { readonly how: "failed"; readonly test: string }
  | { readonly how: "broken"; readonly reason: string };

/** Of vitest's JSON report, what is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export async function runTests(root: string, tests: readonly string[]): Promise<Verdict> {
  const report = join(root, reportName);
  await rm(report, { force: true });
  const code = await vitest(root, tests);
  if (code === 0) return { how: "passed" };
  const text = await readFile(report, "utf8").catch(() => undefined);
  if (text === undefined) return { how: "failed", test: "(the run did not end)" };
  return verdictOf(JSON.parse(text) as Report);
}

function verdictOf({ testResults }: Report): Verdict {
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === "failed");
  if (failed) return { how: "failed", test: failed.fullName };
  const unloaded = testResults.find(({ status }) => status === "failed");
  return unloaded
    ? { how: "broken", reason: `${unloaded.name}: ${unloaded.message}` }
    : { how: "failed", test: "(an error outside of any test)" };
}

/** @returns the exit status; null when it was stopped for taking too long */
function vitest(root: string, tests: readonly string[]): Promise<number | null> {
  const program = join(root, "node_modules/vitest/vitest.mjs");
  const options = ["run", "--config", "test/vitest.config.ts", "--bail=1", "--testTimeout=30000"];
  const output = ["--reporter=json", `--outputFile=${reportName}`];
  return new Promise((resolve, reject) => {
    // A group of its own, so that its workers are stopped with it.
    const child = spawn(process.execPath, [program, ...options, ...output, ...tests], {
      cwd: root,
      stdio: "ignore",
      detached: true,
    });
    const patience = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, patienceMs);
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(patience);
      resolve(code);
    });
  });
}
