/** The embedded engine: the contract on real files, and what is its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../src/kv/open.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { describeStoreContract } from "./contract/contract.ts";

describeStoreContract({
  name: "LMDB",
  async start() {
    const directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    const clock = new SimulatedClock();
    let store = await openStore(`lmdb:${directory}`, { clock });
    return {
      get store() {
        return store;
      },
      async reopen() {
        await store.close();
        store = await openStore(directory, { clock });
        return store;
      },
      elapse: (ms) => clock.advance(ms),
      now: () => clock.now(),
      async end() {
        await store.close();
        await rm(directory, { recursive: true });
      },
    };
  },
});
