/** Topics as the daemon runs them: a real store, real processes, handlers in a fresh directory that note what they were given. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { startCommandRunner } from "../../src/exec/helper-runner.ts";
import { serve } from "../../src/http/server.ts";
import { topicRoutes } from "../../src/http/topics.ts";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import type { Json } from "../../src/lib/json.ts";
import type { Logger } from "../../src/lib/logger.ts";
import { existingQueueBucket, openKvsBucket, openQueueBucket } from "../../src/topics/buckets.ts";
import { listMessages, type Message } from "../../src/topics/messages.ts";
import { type RunningTopics, startTopics, type TopicsOptions } from "../../src/topics/topics.ts";

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

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LessOptions extends Partial<Pick<TopicsOptions, "timeoutMs" | "concurrency" | "attempts">> {
  readonly clock?: Clock;
  /** The daemon does not run yet: `start` starts it. */
  readonly stopped?: boolean;
}

/** A project with topics. `files`: path below the topics' directory → text. */
export class LessProject {
  readonly directory: string;
  readonly topicsDirectory: string;
  readonly store: Store;
  readonly log: Logged[] = [];
  #topics: RunningTopics | undefined;
  readonly #options: LessOptions;
  readonly #stops: (() => Promise<void>)[] = [];

  static async create(
    files: Readonly<Record<string, string>>,
    options: LessOptions = {},
  ): Promise<LessProject> {
    const directory = realpathSync(await mkdtemp(join(tmpdir(), "machinist-less-")));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    // As after `npm install machinist`.
    mkdirSync(join(directory, "node_modules"));
    symlinkSync(root, join(directory, "node_modules/machinist"));
    const { clock = systemClock } = options;
    const store = await openStore(`lmdb:${join(directory, "data/store")}`, { clock });
    const project = new LessProject(directory, store, options);
    onTestFinished(async () => {
      await project.stop();
      await store.close();
    });
    mkdirSync(project.topicsDirectory);
    for (const [name, content] of Object.entries(files)) project.write(name, content);
    if (!options.stopped) await project.start();
    return project;
  }

  private constructor(directory: string, store: Store, options: LessOptions) {
    this.directory = directory;
    this.topicsDirectory = join(directory, "topics");
    this.store = store;
    this.#options = options;
  }

  get topics(): RunningTopics {
    if (!this.#topics) throw new Error("topics do not run");
    return this.#topics;
  }

  get kvs() {
    return this.topics.kvs;
  }

  get notesFile(): string {
    return join(this.directory, "notes");
  }

  get socketPath(): string {
    return join(this.directory, "s");
  }

  write(name: string, content: string): void {
    const file = join(this.topicsDirectory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  async start(): Promise<void> {
    const { clock = systemClock, timeoutMs = 20_000, concurrency = 4, attempts = 20 } = this.#options;
    const log = recorder(this.log);
    const data = join(this.directory, "data");
    const commands = await startCommandRunner({
      directory: data,
      baseEnvironment: { PATH: "/usr/bin:/bin", NOTES: this.notesFile },
      concurrency: 8,
      stopGraceMs: 300,
      clock: systemClock,
      log,
    });
    this.#stops.unshift(() => commands.stop({ drainMs: 0 }));
    const topics = await startTopics({
      store: this.store,
      commands,
      directory: this.topicsDirectory,
      timeoutMs,
      concurrency,
      attempts,
      environment: { MACHINIST_DATA: data, MACHINIST_SOCKET: this.socketPath },
      drainMs: 0,
      clock,
      log,
    });
    this.#topics = topics;
    this.#stops.unshift(() => topics.stop());
    const server = await serve({ socketPath: this.socketPath, routes: [topicRoutes(topics)], log });
    this.#stops.unshift(() => server.close());
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) await stop();
    this.#topics = undefined;
  }

  /** One request to the control socket. */
  post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const to = { socketPath: this.socketPath, method: "POST", path, headers };
      const asking = request(to, async (answer) => {
        resolve({ status: answer.statusCode ?? 0, body: JSON.parse(await text(answer)) as unknown });
      });
      asking.on("error", reject);
      asking.end(JSON.stringify(body));
    });
  }

  /** What handlers noted, a JSON value per line. */
  notes(): Json[] {
    if (!existsSync(this.notesFile)) return [];
    return readFileSync(this.notesFile, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Json);
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

function recorder(lines: Logged[], base: Readonly<Record<string, unknown>> = {}): Logger {
  const at = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    lines.push({ level, message, fields: { ...base, ...fields } });
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => recorder(lines, { ...base, ...fields }),
  };
}
