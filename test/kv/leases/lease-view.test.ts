import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { textOf } from "../../../src/kv/lease/lease-record.ts";
import { LeaseView } from "../../../src/kv/lease/lease-view.ts";
import { openStore } from "../../../src/kv/open.ts";
import { SimulatedClock } from "../../simulated-clock.ts";

it("a holder that ends between being judged and being waited for is not waited for forever", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-view-"));
  const clock = new SimulatedClock();
  const never = new AbortController().signal;
  try {
    await using store = await openStore(directory, { clock });
    const bucket = await store.createBucket("LOCKS");
    await bucket.put("deploy", textOf({ id: "1", owner: "host1", ttlMs: 1000, since: clock.now() }));
    await using watch = bucket.watch("deploy");
    const view = new LeaseView(clock, watch);
    await view.current(never);
    clock.leap(999);
    await view.current(never);
    expect(view.isStale("deploy")).toBe(false);
    clock.leap(2);
    let changed = false;
    void view.change(never).then(() => {
      changed = true;
    });
    await clock.advance(0);
    expect(changed).toBe(true);
    await view.current(never);
    expect(view.isStale("deploy")).toBe(true);
  } finally {
    await rm(directory, { recursive: true });
  }
});
