/** A project with topics as its users have it: the built daemon runs in its directory, and who writes opens the store or asks the socket. */
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, onTestFinished } from "vitest";
import type { ConfigFile } from "../../src/config/config-schema.ts";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import type { Json } from "../../src/lib/json.ts";
import { existingQueueBucket, openKvsBucket, openQueueBucket } from "../../src/topics/buckets.ts";
import { type Kvs, openKvs } from "../../src/topics/kvs.ts";
import { listMessages, type Message } from "../../src/topics/messages.ts";
import { openTopics, type Topics } from "../../src/topics/publish.ts";
import { BuiltDaemon, type Logged } from "../built-daemon.ts";
import { LedClock } from "../led-clock.ts";

const root = join(import.meta.dirname, "../..");

export const note = `require("node:fs").appendFileSync(process.env.NOTES, JSON.stringify(data) + "\\n");`;
/** As Less's own documents write them. */
export const cjs = `exports.process = async (data) => { ${note} };`;
export const python = [
  "import json, os",
  "def process(data):",
  "    with open(os.environ['NOTES'], 'a', encoding='utf-8') as file:",
  "        file.write(json.dumps(data) + '\\n')",
  "",
].join("\n");
/** A statement: waits until there is a file `go` beside the handler. */
export const waitForGo = `await new Promise((resolve) => {
  const { existsSync, watch } = require("node:fs");
  const look = () => {
    if (!existsSync(__dirname + "/go")) return;
    watcher.close();
    resolve();
  };
  const watcher = watch(__dirname, look);
  look();
});`;

const commandPath = "/usr/bin:/bin";

/** The process that the daemons of a file's tests share, unless a test ends it. */
let shared: BuiltDaemon | undefined;

afterAll(() => shared?.end());

/** A project with topics. `files`: path below the topics' directory → text. */
export class LessProject {
  readonly directory: string;
  readonly topicsDirectory: string;
  /** The daemon's store, opened by this process too. */
  readonly store: Store;
  /** That of this process's `kvs` and of the daemon: no handler is called again before it moves. */
  readonly clock = new LedClock();
  /** Those of the Node library. */
  readonly kvs: Kvs;
  readonly topics: Topics;
  #daemon: BuiltDaemon | undefined;

  /** @param config lines of `machinist.yaml` */
  static async create(
    files: Readonly<Record<string, string>>,
    config: Pick<ConfigFile, "topics" | "drain_timeout"> = {},
  ): Promise<LessProject> {
    const directory = realpathSync(await mkdtemp(join(tmpdir(), "machinist-less-")));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    for (const name of ["machines", "topics", "node_modules"]) mkdirSync(join(directory, name));
    // As after `npm install machinist`.
    symlinkSync(root, join(directory, "node_modules/machinist"));
    const environment = { PATH: commandPath, NOTES: join(directory, "notes") };
    const exec = { concurrency: 8, stop_grace: "300ms", environment };
    writeFileSync(
      join(directory, "machinist.yaml"),
      JSON.stringify({ exec, drain_timeout: "0s", ...config }),
    );
    const store = await openStore(`lmdb:${join(directory, ".machinist/store")}`);
    const project = new LessProject(directory, store);
    onTestFinished(async () => {
      await project.#leave();
      await store.close();
    });
    for (const [name, content] of Object.entries(files)) project.write(name, content);
    await project.start();
    return project;
  }

  private constructor(directory: string, store: Store) {
    this.directory = directory;
    this.topicsDirectory = join(directory, "topics");
    this.store = store;
    this.kvs = openKvs(store, { clock: this.clock });
    this.topics = openTopics(store, { clock: this.clock });
  }

  get notesFile(): string {
    return join(this.directory, "notes");
  }

  get socketPath(): string {
    return join(this.directory, ".machinist/machinist.sock");
  }

  write(name: string, content: string): void {
    const file = join(this.topicsDirectory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  async start(): Promise<void> {
    const daemon = shared ?? new BuiltDaemon();
    shared = undefined;
    await daemon.start(this.directory, this.clock);
    this.#daemon = shared = daemon;
  }

  /** The daemon, with its process; handlers that run are stopped after `drain_timeout`. @returns its log */
  async stop(): Promise<readonly Logged[]> {
    shared = undefined;
    const daemon = this.#daemon;
    this.#daemon = undefined;
    await daemon?.end();
    return daemon?.log ?? [];
  }

  /** Stops the daemon. What does not stop is not for the next test. */
  async #leave(): Promise<void> {
    if (!this.#daemon) return;
    shared = undefined;
    await this.#daemon.stop();
    shared = this.#daemon;
  }

  /** The first line of the daemon's log with this message, as soon as it is there. */
  async logged(message: string): Promise<Logged | undefined> {
    return this.#daemon?.logged(message);
  }

  /** One request to the control socket. */
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const to = { socketPath: this.socketPath, method, path, headers };
      const asking = request(to, async (answer) => {
        resolve({ status: answer.statusCode ?? 0, body: JSON.parse(await text(answer)) as unknown });
      });
      asking.on("error", reject);
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Over the socket. @returns the message's id */
  async publish(topic: string, message: Json): Promise<string> {
    const { status, body } = await this.ask("POST", `/topics/${topic}`, message);
    if (status !== 202) throw new Error(`${status}: ${JSON.stringify(body)}`);
    return (body as { message: string }).message;
  }

  /** What the daemon itself has as the value of a key. */
  async valueAtDaemon(key: string): Promise<unknown> {
    const { body } = await this.ask("GET", `/v1/less/kvs?key=${encodeURIComponent(key)}`);
    return (body as { value: unknown }).value;
  }

  /** A Python program beside the daemon, with `kvs` and `topics`. @returns what it printed */
  async python(...lines: string[]): Promise<string> {
    const program = ["from less import kvs, topics", ...lines].join("\n");
    const env = {
      PATH: commandPath,
      PYTHONPATH: join(this.directory, "node_modules/machinist/src/topics/python"),
      MACHINIST_SOCKET: this.socketPath,
      // Else it leaves files beside the module.
      PYTHONDONTWRITEBYTECODE: "1",
    };
    const { stdout } = await promisify(execFile)("python3", ["-c", program], { env });
    return stdout.trim();
  }

  /** What handlers noted, a JSON value per line. */
  notes(): Json[] {
    if (!existsSync(this.notesFile)) return [];
    const lines = readFileSync(this.notesFile, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Json);
  }

  /** The notes, as soon as there are so many. */
  noted(count: number): Promise<Json[]> {
    return new Promise((resolve) => {
      const look = (): void => {
        const notes = this.notes();
        if (notes.length < count) return;
        watcher.close();
        resolve(notes);
      };
      const watcher = watch(this.directory, look);
      look();
    });
  }

  /** What was noted by the time every change and message was handled. */
  async handled(): Promise<Json[]> {
    const kvs = await openKvsBucket(this.store);
    await this.messages(async (messages) => {
      const cursor = await (await existingQueueBucket(this.store))?.get("cursor");
      const { revision = 0 } = (cursor?.json() ?? {}) as { revision?: number };
      return messages.length === 0 && (!cursor || revision >= (await kvs.status()).revision);
    });
    return this.notes();
  }

  /** The messages, as soon as the condition holds for them. */
  async messages(
    condition: (messages: readonly Message[]) => boolean | Promise<boolean>,
  ): Promise<readonly Message[]> {
    const queue = await openQueueBucket(this.store);
    for await (const _item of queue.watch(">")) {
      const messages = (await listMessages(queue)).map(({ message }) => message);
      if (await condition(messages)) return messages;
    }
    throw new Error("the watch ended");
  }

  /** Resolves when a subscriber has failed so often. */
  async failed(subscriber: string, attempts: number): Promise<Message["waiting"]> {
    const [message] = await this.messages(
      ([first]) => (first?.waiting?.[subscriber]?.attempts ?? 0) >= attempts,
    );
    return message?.waiting;
  }
}
