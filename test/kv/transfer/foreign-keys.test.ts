/** Keys that other NATS tools write and machinist refuses: an export has them, an import counts and skips them. */
import { connect } from "nats";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import { Shell } from "../../cli/shell.ts";
import { startServer } from "../../setup/nats-server.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
});
afterEach(() => shell[Symbol.asyncDispose]());

it("kv export and kv import count entries under keys that are not valid in machinist", async () => {
  await using server = await startServer("current");
  await using store = await openStore(server.url);
  await (await store.createBucket("CFG")).put("good", "1");
  const connection = await connect({ servers: server.url });
  for (const key of ["a:b", "_kv.own", "grüße"]) await connection.request(`$KV.CFG.${key}`, "foreign");
  await connection.close();
  const kv = (...argv: string[]) => shell.run("kv", ...argv);

  const exported = await kv("export", "CFG", "cfg.jsonl", "--json", "--store", server.url);
  expect(JSON.parse(exported.stdout)).toMatchObject({ entries: 4, notImportable: 3 });
  expect(exported.stderr).toMatch(/an import will skip 3 entries: another NATS tool wrote them/);
  const piped = await kv("export", "CFG", "-", "--store", server.url);
  expect(piped.stderr).toBe(exported.stderr);

  const imported = await kv("import", "cfg.jsonl", "--json");
  expect(imported).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/skipped 3 entries: another NATS/),
  });
  expect(JSON.parse(imported.stdout)).toEqual({ bucket: "CFG", entries: 1, ended: 0, skipped: 3 });
  expect((await kv("ls", "CFG")).stdout).toBe("good\n");
});
