/** A whole daemon in this process, asked over its socket as the command line does. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { type Daemon, startDaemon } from "../../src/daemon.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { yaml } from "../supervisor/supervise.ts";
import type { Answer } from "./serving.ts";

export interface RunningDaemon {
  readonly daemon: Daemon;
  readonly directory: string;
  readonly socketPath: string;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** An answer that goes on. */
  stream(path: string, headers?: Record<string, string>): Promise<EventReader>;
}

export async function runningDaemon(
  files: Readonly<Record<string, string>> = { "m.yaml": yaml("m") },
  config = "",
): Promise<RunningDaemon> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-daemon-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, "machines"));
  for (const [name, content] of Object.entries({ ...inDrop(files), "machinist.yaml": config })) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  const loaded = await loadConfig({ flags: {}, environment: {}, workingDirectory: directory });
  const daemon = await startDaemon(loaded, { log: silentLogger });
  onTestFinished(() => daemon.stop());
  const { socketPath } = loaded;
  return {
    daemon,
    directory,
    socketPath,
    ask: async (method, path, body, headers = {}) => {
      const typed = body === undefined ? headers : { "content-type": "application/json", ...headers };
      const asking = request({ socketPath, method, path, headers: typed, agent: false });
      const answered = answerOf(asking);
      asking.end(typeof body === "string" || body === undefined ? body : JSON.stringify(body));
      const answer = await answered;
      const found = await text(answer);
      const isJson = answer.headers["content-type"]?.includes("json");
      return {
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: isJson && found ? JSON.parse(found) : found,
      };
    },
    stream: async (path, headers = {}) => {
      const asking = request({
        socketPath,
        path,
        headers: { accept: "text/event-stream", ...headers },
        agent: false,
      });
      const answered = answerOf(asking);
      asking.end();
      return new EventReader(await answered);
    },
  };
}

function inDrop(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`machines/${name}`, content]));
}

function answerOf(asking: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => asking.once("response", resolve).once("error", reject));
}

export interface ReadEvent {
  readonly id: string | undefined;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is what it tests
  readonly data: any;
}

export class EventReader {
  readonly answer: IncomingMessage;
  readonly #frames: AsyncIterator<ReadEvent>;

  constructor(answer: IncomingMessage) {
    this.answer = answer;
    this.#frames = framesOf(answer);
  }

  async next(): Promise<ReadEvent> {
    const { value, done } = await this.#frames.next();
    if (done) throw new Error("the stream has ended");
    return value;
  }

  /** All that come until the other end closes. */
  async rest(): Promise<ReadEvent[]> {
    const list: ReadEvent[] = [];
    for (;;) {
      const { value, done } = await this.#frames.next();
      if (done) return list;
      list.push(value);
    }
  }

  leave(): void {
    this.answer.destroy();
  }
}

async function* framesOf(answer: IncomingMessage): AsyncGenerator<ReadEvent, undefined> {
  let waiting = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    waiting += chunk;
    const blocks = waiting.split("\n\n");
    waiting = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(
        block
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      const data = fields.get("data");
      if (data !== undefined)
        yield { id: fields.get("id"), event: fields.get("event") ?? "message", data: JSON.parse(data) };
    }
  }
  return undefined;
}
