/** Runs the steps of machines/deploy as the machine would: real processes, a work directory and a data file of their own. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const deployDirectory = join(import.meta.dirname, "../../machines/deploy");

export interface StepResult {
  readonly exitCode: number;
  readonly stderr: string;
}

/** The machine's data, as far as the steps use it. */
export interface DeployData {
  /** The text of the key. */
  DEPLOY_release?: string;
  deploy?: {
    outcome?: string;
    version: string | null;
    release: string | null;
    previous: string | null;
    live?: string | null;
    reason?: string | null;
  };
}

export class DeploySteps implements AsyncDisposable {
  readonly root: string;
  data: DeployData = {};
  #runs = 0;

  static async make(): Promise<DeploySteps> {
    return new DeploySteps(await mkdtemp(join(tmpdir(), "machinist-deploy-")));
  }

  private constructor(root: string) {
    this.root = root;
  }

  /** Runs one step as a new run, or as the repeat of an earlier one; what it prints goes into `data`. */
  async run(step: string, options: { word?: string; runId?: string } = {}): Promise<StepResult> {
    this.#runs += 1;
    const dataFile = join(this.root, "data.json");
    await writeFile(dataFile, JSON.stringify(this.data));
    const environment = {
      PATH: process.env["PATH"] ?? "",
      MACHINE_WORK_DIR: this.root,
      MACHINE_RUN_ID: options.runId ?? `run-${this.#runs}`,
      WATCHER_DATA: dataFile,
    };
    const words = [`./${step}.mjs`, ...(options.word === undefined ? [] : [options.word])];
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        words,
        { cwd: deployDirectory, env: environment },
        (error, stdout, stderr) => {
          if (error === null && stdout !== "") this.data = { ...this.data, ...JSON.parse(stdout) };
          resolve({ exitCode: error === null ? 0 : (child.exitCode ?? -1), stderr });
        },
      );
    });
  }

  /** Puts a release, an object or a text, and walks the way the machine walks. @returns the outcome that the report tells */
  async deploy(release: unknown): Promise<DeployData["deploy"]> {
    this.put(release);
    return this.#report(await this.#walk());
  }

  put(release: unknown): void {
    if (release === undefined) delete this.data.DEPLOY_release;
    else this.data.DEPLOY_release = typeof release === "string" ? release : JSON.stringify(release);
  }

  /** Text of a file below the work directory. */
  async text(path: string): Promise<string> {
    return readFile(join(this.root, path), "utf8");
  }

  /** Name of the release that `current` leads to, or null. */
  async live(): Promise<string | null> {
    return readlink(join(this.root, "current")).then(basename, () => null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }

  async #walk(): Promise<string> {
    if ((await this.run("build")).exitCode !== 0) return "failed";
    if ((await this.run("switch")).exitCode !== 0) return "rolling back";
    if ((await this.run("check")).exitCode === 0) return "live";
    return (await this.run("roll-back")).exitCode === 0 ? "rolled back" : "failed";
  }

  async #report(outcome: string): Promise<DeployData["deploy"]> {
    await this.run("report", { word: outcome });
    return this.data.deploy;
  }
}
