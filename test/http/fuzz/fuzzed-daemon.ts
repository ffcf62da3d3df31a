/** The daemon that is fuzzed: a process of the build, with something behind every route. */
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { hashOfToken, newToken } from "../../../src/lib/token.ts";
import { type DaemonProcess, startDaemonProcess } from "../../end-to-end/kill/daemon-process.ts";
import type { Known } from "./schema-values.ts";

export interface FuzzedDaemon extends AsyncDisposable {
  readonly process: DaemonProcess;
  readonly port: number;
  /** Good for everything. */
  readonly token: string;
}

// Without waits between transitions, which would be all that a run measures.
const machine = (name: string): string => `
name: ${name}
version: 1.0.0
initial_state: A
rate_limit: false
transitions:
  - { name: go, from: [A], destination: B }
  - { name: back, from: [B], destination: A }
watchers:
  - { name: lamp, type: httpswitch, success_transition: go, fail_transition: back }
  - { name: push, type: webhook, success_transition: go, properties: { scheme: token, secret: long-enough } }
  - { name: load, type: metric, properties: { interval: 1s, command: "echo '{\\"metrics\\":{\\"a\\":1}}'" } }
  - { name: key, type: kv, state_match: [A], success_transition: go, properties: { bucket: CFG, key: a, mode: watch } }
  - { name: run, type: exec, state_match: [B], success_transition: back, properties: { command: "true" } }
`;

const quiet = `
name: quiet
version: 1.0.0
initial_state: A
rate_limit: false
transitions:
  - { name: go, from: [A], destination: B }
  - { name: back, from: [B], destination: A }
watchers:
  - { name: alarm, type: timer, state_match: [A], fail_transition: go, properties: { timer: 1000h } }
`;

const handler = "exports.process = async () => undefined;\n";

/** Names that mean something to it, by what the description calls them; the likeliest more than once. */
export const known: Known = {
  name: ["m", "m", "m", "n", "quiet", "none", "greetings", "greetings"],
  watcher: ["lamp", "lamp", "push", "push", "load", "load", "key", "none"],
  transition: ["go", "back", "none"],
  machine: ["m", "quiet", "none"],
  bucket: ["CFG", "CFG", "CFG", "SMALL", "GONE", "none"],
  key: ["a", "a", "b.c", "a/b", "d=e", "_x", "none"],
  namespace: ["ns", "with space", "none"],
  taskId: ["-", "x"],
  filter: ["a", ">", "*", "b.*", "b.>", "*.c"],
  valueBase64: ["", "AAEC", "/w=="],
};

/** Caller disposes of it; it is gone then, with its files. */
export async function startFuzzedDaemon(): Promise<FuzzedDaemon> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-fuzz-"));
  const token = newToken();
  const config = {
    http: {
      listen: "127.0.0.1:0",
      rate: 1_000_000_000,
      tokens: [{ name: "fuzz", hash: hashOfToken(token), scopes: ["admin"] }],
    },
  };
  const files = {
    "machinist.yaml": JSON.stringify(config),
    "machines/m.yaml": machine("m"),
    "machines/n.yaml": machine("n"),
    "machines/quiet.yaml": quiet,
    "topics/greetings/log/index.js": handler,
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  const process = startDaemonProcess({
    dropDirectory: join(directory, "machines"),
    dataDirectory: join(directory, "data"),
    workingDirectory: directory,
  });
  const end = async (): Promise<void> => {
    process.kill("SIGKILL");
    await process.ended;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await process.greeted;
    const port = await portOf(join(directory, "data/machinist.sock"));
    return { process, port, token, [Symbol.asyncDispose]: end };
  } catch (cause) {
    await end();
    throw cause;
  }
}

/** It chose one that was free, and says so on its socket. */
async function portOf(socketPath: string): Promise<number> {
  const asking = request({ socketPath, path: "/v1/status", agent: false }).end();
  const [answer] = await once(asking, "response");
  return Number(new URL(JSON.parse(await text(answer)).http).port);
}
