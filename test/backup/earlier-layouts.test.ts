/** Today's daemon goes on from data directories that earlier versions left. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { unpackDirectory } from "../../src/backup/archive.ts";
import { runProgram } from "../cli/program.ts";
import { startDaemonProcess } from "../end-to-end/kill/daemon-process.ts";

const fixtures = join(import.meta.dirname, "../fixtures/data-directories");
const archives = (await readdir(fixtures)).filter((name) => name.endsWith(".tar.gz"));

const machine = `
name: deploy
version: 1.2.3
initial_state: IDLE
transitions:
  - { name: take, from: [IDLE], destination: DONE }
  - { name: again, from: [DONE], destination: IDLE }
watchers:
  - name: release
    type: kv
    state_match: [IDLE]
    success_transition: take
    properties: { bucket: CFG, key: release, mode: watch }
`;

it("earlier layouts: there is a fixture of each", () => {
  expect(archives).toEqual(["layout-3.tar.gz", "layout-4.tar.gz"]);
});

it.each(archives)(
  "%s: the daemon goes on with its state, data, cursors, history and buckets",
  async (archive) => {
    const directory = await mkdtemp(join(tmpdir(), "machinist-earlier-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const dropDirectory = join(directory, "machines");
    const dataDirectory = join(directory, ".machinist");
    for (const made of [dropDirectory, dataDirectory]) await mkdir(made, { mode: 0o700 });
    await writeFile(join(dropDirectory, "deploy.yaml"), machine);
    await unpackDirectory(join(fixtures, archive), dataDirectory);
    const run = (...argv: string[]) => runProgram({ directory }, ...argv);

    const daemon = startDaemonProcess({ workingDirectory: directory, dropDirectory, dataDirectory });
    onTestFinished(async () => {
      daemon.kill("SIGKILL");
      await daemon.ended;
    });
    await daemon.greeted;
    expect(JSON.parse((await run("show", "deploy", "--json")).stdout)).toMatchObject({
      state: "DONE",
      data: { CFG_release: { version: "1.0" }, note: "kept" },
    });
    expect((await run("history", "deploy")).stdout).toContain("watcher release");
    const history = (await run("kv", "history", "CFG", "other", "--json")).stdout.trim().split("\n");
    expect(history.map((line) => JSON.parse(line))).toMatchObject([
      { value: "one", revision: 2 },
      { value: "two", revision: 3 },
      { operation: "DEL", revision: 4 },
    ]);
    // The cursor holds: the value that was handled is not handled again, the next one is.
    await run("transition", "deploy", "again");
    await run("kv", "put", "CFG", "release", '{"version":"2.0"}');
    await daemon.logged("IDLE → DONE");
    expect(JSON.parse((await run("show", "deploy", "--json")).stdout)).toMatchObject({
      state: "DONE",
      data: { CFG_release: { version: "2.0" } },
    });
    expect(await run("doctor", "--verify")).toMatchObject({ status: 0 });
    daemon.kill("SIGTERM");
    expect(await daemon.ended).toBe(0);
  },
);
