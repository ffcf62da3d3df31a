/** `kv edit`, on both engines: what it prints and how it ends. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, startServer } from "../setup/nats-server.ts";
import { Shell } from "./shell.ts";

/** In this order, on one bucket; an object is what the JSON has of it, a text is on stderr. */
const rows: [line: string, status: number, expected: object | string][] = [
  ["add OTHER --json", 0, { bucket: "OTHER" }],
  ["edit CFG --history 2", 3, "create it with `machinist kv add CFG`"],
  ["add CFG --history 3 --metadata owner=ops --metadata tier=1 --json", 0, { history: 3 }],
  ["edit CFG", 2, "nothing to change: give at least one setting, as in --history 5"],
  ["edit CFG --storage memory", 2, "unknown option '--storage'"],
  ["edit CFG --history 65", 2, "history is 65, expected a whole number from 1 to 64"],
  ["edit CGF --history 2", 3, 'did you mean "CFG"?'],
  ["edit CFG --marker-ttl 1m --json", 0, { history: 3, markerTtlMs: 60_000, ttlMs: 0 }],
  ["edit CFG --marker-ttl 0", 6, "markerTtlMs of bucket CFG cannot be turned off"],
  ["edit CFG --replicas 3", 6, "replicas"],
  ["edit CFG --history 1 --ttl 1d --json", 0, { history: 1, ttlMs: 86_400_000 }],
  [
    "edit CFG --max-value-size 1K --max-bucket-size 1M --json",
    0,
    { maxValueSize: 1024, maxBytes: 1_048_576 },
  ],
  ["edit CFG --max-value-size -1 --max-bucket-size -1 --ttl 0 --json", 0, { maxValueSize: -1, maxBytes: -1 }],
  ["edit CFG --compress --description new --json", 0, { compression: true, description: "new", ttlMs: 0 }],
  ["edit CFG --no-compress --json", 0, { compression: false, metadata: { owner: "ops", tier: "1" } }],
  ["edit CFG --metadata owner=dev --json", 0, { metadata: { owner: "dev" }, description: "new" }],
  ["edit CFG --no-metadata --json", 0, { metadata: {} }],
];

describe.each(["embedded", "NATS"])("kv edit on the %s store", (engine) => {
  let shell: Shell;
  let server: RunningServer | undefined;
  let store: string[] = [];

  beforeAll(async () => {
    shell = await Shell.create();
    if (engine === "embedded") return;
    server = await startServer("current");
    store = ["--store", server.url];
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await shell[Symbol.asyncDispose]();
  });

  it.each(rows)("%s", async (line, status, expected) => {
    const ran = await shell.run("kv", ...line.split(" "), ...store);
    expect(ran.status, ran.stderr).toBe(status);
    if (typeof expected === "string")
      expect(ran).toMatchObject({ stdout: "", stderr: expect.stringContaining(expected) });
    else expect(JSON.parse(ran.stdout)).toMatchObject(expected);
  });

  it("prints the page of the bucket as it is then", async () => {
    const edited = await shell.run("kv", "edit", "CFG", "--history", "9", ...store);
    expect(edited.stdout).toContain("History Kept: 9\n");
    expect(edited.stdout).toBe((await shell.run("kv", "info", "CFG", ...store)).stdout);
  });
});
