/** The daemon's own buckets are closed to every KV surface, also to one that may do everything. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { bin } from "../cli/program.ts";
import { yaml } from "../supervisor/supervise.ts";
import { runningDaemon } from "./surfaces.ts";

const own = [
  "machinist-machines",
  "machinist-documents",
  "machinist-cursors",
  "machinist-governors",
  "machinist-topics",
];

it.each(own)(
  "HTTP: every route on bucket %s answers 400 INVALID_BUCKET, and nothing changes",
  async (name) => {
    const { ask } = await runningDaemon();
    const bucket = `/v1/kv/${name}`;
    const entry = `${bucket}/entries/m`;
    const refused: [string, string, unknown?][] = [
      ["GET", bucket],
      ["PUT", bucket, {}],
      ["PATCH", bucket, { description: "x" }],
      ["DELETE", bucket],
      ["GET", `${bucket}/keys`],
      ["GET", `${bucket}/history`],
      ["GET", `${bucket}/watch`],
      ["GET", entry],
      ["PUT", entry, { value: '{"state":"OTHER"}' }],
      ["DELETE", entry],
      ["POST", `${bucket}/batch`, [{ op: "put", key: "m", value: "x" }]],
    ];
    const before = (await ask("GET", "/v1/machines/m")).body;
    for (const [method, path, body] of refused) {
      const { status, body: answer } = await ask(method, path, body);
      expect([method, path, status, answer.error?.code]).toEqual([method, path, 400, "INVALID_BUCKET"]);
    }
    const listed = (await ask("GET", "/v1/kv")).body as { bucket: string }[];
    expect(listed.filter(({ bucket }) => bucket.startsWith("machinist-"))).toEqual([]);
    expect((await ask("GET", "/v1/machines/m")).body).toEqual(before);
    expect((await ask("POST", "/v1/machines/m/transition", { transition: "go" })).status).toBe(200);
  },
);

it("the command line: refuses them, and opens the daemon's store for the local user with --internal", async () => {
  const { directory } = await runningDaemon({ "m.yaml": yaml("m") });
  const run = (...argv: string[]) =>
    promisify(execFile)(process.execPath, [bin, ...argv], { cwd: directory }).then(
      ({ stdout }) => ({ status: 0, text: stdout }),
      (error: { code: number; stderr: string }) => ({ status: error.code, text: error.stderr }),
    );
  expect(await run("kv", "ls", "-n")).toEqual({ status: 0, text: "" });
  for (const argv of [
    ["get", "machinist-machines", "m"],
    ["put", "machinist-machines", "m", "x"],
    ["add", "machinist-machines"],
    ["rm", "machinist-machines", "-f"],
    ["history", "machinist-machines", "m"],
    ["export", "machinist-machines", "out.jsonl"],
    ["watch", "machinist-machines", "--once"],
  ]) {
    const ran = await run("kv", ...argv);
    expect([argv[0], ran.status]).toEqual([argv[0], 2]);
    expect(ran.text).toContain("are reserved for machinist itself");
  }
  const listed = await run("kv", "--internal", "ls", "-n");
  expect(listed.text.split("\n")).toContain("machinist-machines");
  const record = await run("kv", "--internal", "get", "machinist-machines", "m", "--raw");
  expect(JSON.parse(record.text)).toMatchObject({ machine: "m", state: "A" });
  expect((await run("kv", "--internal", "ls", "--data", "elsewhere")).status).toBe(3);
});
