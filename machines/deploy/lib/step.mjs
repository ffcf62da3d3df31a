// What all steps share: what the machine hands to a command, and how a step says why it failed. The machine reads only exit
// statuses; the reason waits in failures/<step> until `report` puts it into the machine's data.
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { env, stderr, stdout } from "node:process";
import { Fault } from "./fault.mjs";
import { Releases } from "./releases.mjs";
import { writeDurably } from "./tree.mjs";

/**
 * @typedef {object} Step
 * @property {Record<string, any>} data the machine's data
 * @property {string} runId the same when the machine repeats a run after a crash
 * @property {Releases} releases
 * @property {Failures} failures
 */

/**
 * Runs one step: prints its answer as JSON (for `parse_as_data`), or leaves the reason and ends with exit status 1.
 * @param {string} name
 * @param {(step: Step) => Promise<Record<string, unknown> | void>} work
 */
export async function runStep(name, work) {
  const directory = required("MACHINE_WORK_DIR");
  const failures = new Failures(directory);
  try {
    const data = JSON.parse(await readFile(required("WATCHER_DATA"), "utf8"));
    const releases = new Releases(directory);
    const answer = await work({ data, runId: required("MACHINE_RUN_ID"), releases, failures });
    await failures.clear(name);
    if (answer !== undefined) stdout.write(`${JSON.stringify(answer)}\n`);
  } catch (error) {
    await failures.note(name, error.message);
    stderr.write(`${error instanceof Fault ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
}

/** The reasons of the deployment that is under way, one per step. */
export class Failures {
  #directory;

  constructor(work) {
    this.#directory = join(work, "failures");
  }

  async note(step, reason) {
    await mkdir(this.#directory, { recursive: true });
    await writeDurably(join(this.#directory, step), reason);
  }

  async clear(step) {
    await rm(join(this.#directory, step), { force: true });
  }

  async clearAll() {
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** The reason that a step left, or null. */
  async of(step) {
    return readFile(join(this.#directory, step), "utf8").catch((error) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
  }
}

function required(name) {
  const value = env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: run this by the machine`);
  return value;
}
