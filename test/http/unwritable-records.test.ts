/** States that cannot be written: nothing that says how the daemon is stays green. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { bin } from "../cli/program.ts";
import { yaml } from "../supervisor/supervise.ts";
import { runningDaemon } from "./surfaces.ts";

it("a record that cannot be written turns /readyz, the machine and doctor red with the reason, until it can be", async () => {
  const { ask, directory } = await runningDaemon({ "m.yaml": yaml("m"), "n.yaml": yaml("n") });
  await using state = await openStore(join(directory, ".machinist/state"));
  const doctor = () =>
    promisify(execFile)(process.execPath, [bin, "doctor"], { cwd: directory }).then(
      ({ stdout }) => ({ status: 0, text: stdout }),
      (error: { code: number; stdout: string }) => ({ status: error.code, text: error.stdout }),
    );
  const fire = () => ask("POST", "/v1/machines/m/transition", { transition: "go" });
  await state.editBucket("machinist-machines", { maxValueSize: 10 });
  expect((await fire()).status).toBe(413);
  const reason = expect.stringContaining("machine m: its state cannot be written: ");
  expect(await ask("GET", "/readyz")).toMatchObject({ status: 503, body: { error: { message: reason } } });
  expect((await ask("GET", "/v1/machines/m")).body).toMatchObject({
    health: "faulty",
    faults: [expect.stringContaining("its state cannot be written: ")],
  });
  expect((await ask("GET", "/v1/machines/n")).body).toMatchObject({ health: "running", faults: [] });
  expect(await doctor()).toEqual({
    status: 1,
    text: expect.stringMatching(/problem {2}Daemon: .*machine m: its state/),
  });
  await state.editBucket("machinist-machines", { maxValueSize: -1 });
  await expect.poll(async () => (await ask("GET", "/readyz")).status, { timeout: 15_000 }).toBe(200);
  expect((await fire()).status).toBe(200);
  expect((await doctor()).text).toMatch(/ok {7}Daemon: running, with 2 machines/);
});
