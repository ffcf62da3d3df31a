/** The built daemon with its page, in a directory of its own; it can be killed and started again under a page that stays open. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startDaemonProcess } from "../../end-to-end/kill/daemon-process.ts";
import { yaml } from "../../supervisor/supervise.ts";

export class PageDaemon implements AsyncDisposable {
  readonly directory: string;
  readonly dropDirectory: string;
  /** What the daemon printed last: signs in whoever follows it. */
  link = new URL("http://127.0.0.1:0");
  readonly #flags: readonly string[];
  #process: ReturnType<typeof startDaemonProcess> | undefined;

  /** @param files of the drop directory. The caller disposes of it. */
  static async start(
    files: Readonly<Record<string, string>> = { "m.yaml": yaml("m") },
    ...flags: string[]
  ): Promise<PageDaemon> {
    const directory = await mkdtemp(join(tmpdir(), "machinist-page-"));
    const daemon = new PageDaemon(directory, flags);
    try {
      await mkdir(daemon.dropDirectory);
      for (const [name, content] of Object.entries(files)) await daemon.drop(name, content);
      await daemon.start();
      return daemon;
    } catch (cause) {
      await daemon[Symbol.asyncDispose]();
      throw cause;
    }
  }

  private constructor(directory: string, flags: readonly string[]) {
    this.directory = directory;
    this.dropDirectory = join(directory, "machines");
    this.#flags = flags;
  }

  /** The page, for whoever has signed in already: `at("#/machines/m")`. */
  at(hash: string): string {
    return `${this.link.origin}/${hash}`;
  }

  /** Again on the same port. */
  async start(): Promise<void> {
    const { directory: workingDirectory, dropDirectory } = this;
    this.#process = startDaemonProcess({
      workingDirectory,
      dropDirectory,
      dataDirectory: join(workingDirectory, "data"),
      flags: ["--http", `127.0.0.1:${this.link.port || 0}`, ...this.#flags],
    });
    this.link = await this.#process.signInLink();
  }

  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }

  async drop(name: string, content: string): Promise<void> {
    const path = join(this.dropDirectory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }

  /** As a program with the token that the daemon printed. */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers = {
      authorization: `Bearer ${this.link.searchParams.get("token")}`,
      "content-type": "application/json",
    };
    const answer = await fetch(new URL(path, this.link), {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
}
