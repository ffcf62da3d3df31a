/** Sends requests and hears all of each answer; of an answer that goes on, the beginning. */
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { FuzzRequest } from "./requests.ts";

export interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** What takes longer hangs. */
const patienceMs = 10_000;
/** How long a stream in which nothing happens is looked at. */
const lookMs = 20;

export class FuzzClient implements Disposable {
  readonly port: number;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor({ port, token }: { readonly port: number; readonly token: string }) {
    this.port = port;
    this.#token = token;
  }

  /** Rejects when there is no answer in time, or none at all. */
  send({ method, path, headers, body }: Omit<FuzzRequest, "operation">): Promise<FuzzAnswer> {
    return new Promise((resolve, reject) => {
      const asking = request({
        host: "127.0.0.1",
        port: this.port,
        method,
        path,
        agent: this.#agent,
        headers: { authorization: `Bearer ${this.#token}`, "x-gitlab-token": "long-enough", ...headers },
        signal: AbortSignal.timeout(patienceMs),
      });
      asking.once("response", (answer) => heard(answer).then(resolve, reject));
      asking.once("error", reject);
      asking.end(body);
    });
  }

  /** A JSON request that is meant. */
  async ask(method: string, path: string, value?: unknown): Promise<FuzzAnswer> {
    const body = value === undefined ? undefined : JSON.stringify(value);
    return this.send({ method, path, body, headers: body ? { "content-type": "application/json" } : {} });
  }

  /** Bytes as they are. @returns what came until the other end closed; rejects when it does not close in time */
  async speak(bytes: string | Buffer): Promise<string> {
    const socket = connect({ port: this.port, host: "127.0.0.1", signal: AbortSignal.timeout(patienceMs) });
    socket.end(bytes);
    return text(socket);
  }

  /** Closes the connections that are kept. */
  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

async function heard(answer: IncomingMessage): Promise<FuzzAnswer> {
  const contentType = answer.headers["content-type"] ?? "";
  const goesOn = contentType.startsWith("text/event-stream");
  return {
    status: answer.statusCode ?? 0,
    contentType,
    text: goesOn ? await beginning(answer) : await text(answer),
  };
}

function beginning(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let found = "";
    const done = (): void => {
      clearTimeout(timer);
      answer.destroy();
      resolve(found);
    };
    const timer = setTimeout(done, lookMs);
    answer.once("data", (chunk) => {
      found = String(chunk);
      done();
    });
    answer.once("error", done).once("end", done);
  });
}
