/** Every verb of the command line on both engines: what it prints and how it ends. */
import { EventEmitter } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, startServer } from "../setup/nats-server.ts";
import { Shell } from "./shell.ts";

const stamp = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g;
const entry = (key: string, value: string, revision: number, operation = "PUT") => ({
  ...{ bucket: "CFG", key, value, revision, operation, delta: 0 },
  ...{ created: expect.stringMatching(/^\d{4}-.*Z$/), length: value.length },
});
const written = (key: string, revision: number) => ({ bucket: "CFG", key, revision });

/** In this order, on one bucket. What is no text is JSON of the last line; times are TIME. */
const rows: [line: string, status: number, stdout: unknown][] = [
  ["put CFG k v", 3, ""],
  [
    "new CFG --history 3 --max-value-size 1K --json",
    0,
    expect.objectContaining({ bucket: "CFG", history: 3 }),
  ],
  ["add CFG --history 4", 4, ""],
  ["add a.b", 2, ""],
  ["status CFG --json", 0, expect.objectContaining({ maxValueSize: 1024, values: 0, revision: 0 })],
  ["list -n", 0, "CFG\n"],
  ["put CFG username one", 0, "one\n"],
  ["put CFG username two --json", 0, written("username", 2)],
  ["put CFG piped -", 0, "from stdin\n"],
  ["put CFG a..b v", 2, ""],
  [`put CFG large ${"x".repeat(1025)}`, 1, ""],
  ["get CFG username", 0, "CFG > username revision: 2 created @ TIME\n\ntwo\n"],
  ["get CFG username --raw", 0, "two"],
  ["get CFG username --revision 1 --raw", 0, "one"],
  ["get CFG username --revision 3", 3, ""],
  ["get CFG username --json", 0, entry("username", "two", 2)],
  ["get CFG none", 3, ""],
  ["create CFG lock mine --json", 0, written("lock", 4)],
  ["create CFG lock yours", 4, ""],
  ["create CFG short v --ttl 10s", 6, ""],
  ["update CFG lock again 4", 0, "again\n"],
  ["update CFG lock again 4", 4, ""],
  ["touch CFG lock 10s", 6, ""],
  ["revert CFG username 1", 2, ""],
  ["revert CFG username 1 -f --json", 0, written("username", 6)],
  ["revert CFG username 4 -f", 3, ""],
  ["del CFG piped", 2, ""],
  ["delete CFG piped --revision 2 -f", 4, ""],
  ["del CFG piped --revision 3 -f --json", 0, written("piped", 7)],
  ["keys CFG", 0, "lock\nusername\n"],
  ["keys CFG user*", 2, ""],
  ["ls CFG > --json", 0, "username"],
  ["history CFG piped --json", 0, entry("piped", "", 7, "DEL")],
  ["history CFG none", 3, ""],
  ["watch CFG username --once", 0, "one"],
  ["watch CFG username --once --json", 0, entry("username", "one", 6)],
  ["watch CFG none --once --timeout 1ms", 5, ""],
  [
    "watch CFG --timeout 1m --no-deletes",
    0,
    "[TIME] PUT CFG > lock: again\n[TIME] PUT CFG > username: one\n",
  ],
  ["watch CFG piped --timeout 1m", 0, "[TIME] DEL CFG > piped\n"],
  ["watch CFG lock --timeout 1m --meta", 0, "[TIME] PUT CFG > lock (5 B)\n"],
  ["watch CFG --timeout 1m --revision 7", 0, "[TIME] DEL CFG > piped\n"],
  ["watch CFG --timeout 1ms --updates-only", 0, ""],
  ["watch CFG --history --updates-only", 2, ""],
  ["watch NONE", 3, ""],
  ["purge CFG lock -f --json", 0, written("lock", 8)],
  ["compact CFG --older 0 -f --json", 0, expect.objectContaining({ compacted: true, values: 3 })],
  ["export CFG cfg.jsonl", 0, "exported 3 entries of bucket CFG to cfg.jsonl\n"],
  ["export CFG cfg.jsonl", 4, ""],
  ["import cfg.jsonl", 4, ""],
  ["import cfg.jsonl --bucket COPY --json", 0, { bucket: "COPY", entries: 3, ended: 0, skipped: 0 }],
  [
    "watch COPY --timeout 1m --history",
    0,
    ["one", "two", "one"].map((value) => `[TIME] PUT COPY > username: ${value}\n`).join(""),
  ],
  ["rm COPY -f --json", 0, { bucket: "COPY", removed: true }],
  ["purge CFG", 2, ""],
  ["purge CFG -f --json", 0, { bucket: "CFG", purged: true }],
  ["info CFG --json", 0, expect.objectContaining({ values: 0, revision: 8 })],
  ["rm CFG -f", 0, ""],
  ["rm CFG -f", 3, ""],
  ["gte CFG k", 2, ""],
];

describe.each(["LMDB", "JetStream"])("kv on %s", (engine) => {
  let shell: Shell;
  let server: RunningServer | undefined;
  beforeAll(async () => {
    shell = await Shell.create();
    if (engine === "JetStream") server = await startServer("current");
  });
  afterAll(async () => {
    await shell[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  it.each(rows)("%s", async (line, status, expected) => {
    const store = server?.url ?? shell.path("store");
    const signals = new EventEmitter();
    // A watch ends by Ctrl-C when it has shown what is expected.
    const onStdout = (text: string): void => {
      if (line.includes("--timeout 1m") && linesIn(text) >= linesIn(String(expected))) signals.emit("SIGINT");
    };
    const ran = await shell.runWith(
      { stdin: "from stdin", signals, onStdout },
      "kv",
      ...line.split(" "),
      "--store",
      store,
    );
    const found =
      typeof expected === "string" && !line.startsWith("ls") ? ran.stdout : lastDocument(ran.stdout);
    expect({
      status: ran.status,
      found: typeof found === "string" ? found.replace(stamp, "TIME") : found,
    }).toEqual({
      status,
      found: expected,
    });
    // Who fails says why, and without a value.
    expect(ran.stderr.startsWith(status === 0 ? "" : "machinist: ")).toBe(true);
  });
});

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}

function lastDocument(stdout: string): unknown {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}
