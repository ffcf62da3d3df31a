/** Somebody at the host removes the daemon's buckets under it: machines keep their states, and go on. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { yaml } from "../supervisor/supervise.ts";
import { runningDaemon } from "./surfaces.ts";

it.each(["machinist-machines", "machinist-cursors"])(
  "%s removed: created again at once, transitions go on",
  async (name) => {
    const { ask, directory } = await runningDaemon({ "m.yaml": yaml("m"), "n.yaml": yaml("n") });
    await using state = await openStore(join(directory, ".machinist/state"));
    const fire = (machine: string, transition: string) =>
      ask("POST", `/v1/machines/${machine}/transition`, { transition });
    const stored = async (machine: string) => {
      const bucket = await state.openBucket("machinist-machines").catch(() => undefined);
      return (await bucket?.get(machine).catch(() => null))?.json();
    };
    expect(await fire("m", "go")).toMatchObject({ status: 200 });
    const before = (await ask("GET", "/v1/machines/m")).body;
    await state.destroyBucket(name);
    // Also of a machine that does not move.
    await expect.poll(() => stored("m")).toMatchObject({ state: before.state, transitions: 1 });
    await expect.poll(() => stored("n")).toMatchObject({ transitions: 0 });
    expect((await ask("GET", "/readyz")).status).toBe(200);
    expect(await fire("n", "go")).toMatchObject({ status: 200 });
    expect(await fire("m", "back")).toMatchObject({ status: 200 });
    expect(await stored("m")).toMatchObject({ transitions: 2 });
    expect(await stored("n")).toMatchObject({ transitions: 1 });
  },
);
