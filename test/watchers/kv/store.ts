/** A real store in a directory of its own for one test file. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../../src/kv/open.ts";
import type { Store } from "../../../src/kv/store.ts";

export interface TemporaryStore {
  readonly store: Store;
  remove(): Promise<void>;
}

export async function openTemporaryStore(): Promise<TemporaryStore> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-kv-watcher-"));
  const store = await openStore(`lmdb:${directory}`);
  return {
    store,
    async remove() {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
