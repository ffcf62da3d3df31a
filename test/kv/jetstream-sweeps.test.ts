/** Reading while another program removes markers, on the oldest nats-server: its count of what is left is wrong then. */
import { expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { startServer } from "../setup/nats-server.ts";

const liveKeys = Array.from({ length: 2000 }, (_, at) => `live.${at}`);
const deletedKeys = Array.from({ length: 1500 }, (_, at) => `deleted.${at}`);
const rounds = 5;

it("keys and history: list every live key while another store compacts the bucket", async () => {
  await using server = await startServer("old");
  await using store = await openStore(server.url);
  await using other = await openStore(server.url);
  const bucket = await store.createBucket("SWEPT", { history: 3 });
  const swept = await other.openBucket("SWEPT");
  for (let round = 0; round < rounds; round++) {
    // In turn, so that what the sweep removes lies between live entries.
    await Promise.all(
      liveKeys
        .flatMap((key, at) => [key, ...deletedKeys.slice(at, at + 1)])
        .map((key) => bucket.put(key, "1")),
    );
    await Promise.all(deletedKeys.map((key) => bucket.delete(key)));
    let isSwept = false;
    const sweep = swept.purgeDeletes(0).finally(() => {
      isSwept = true;
    });
    while (!isSwept) {
      expect(missingIn(await listed(bucket.keys("live.*")))).toEqual([]);
      const entries = await listed(bucket.history());
      expect(missingIn(entries.map(({ key }) => key))).toEqual([]);
    }
    await sweep;
  }
});

async function listed<T>(all: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of all) items.push(item);
  return items;
}

function missingIn(found: readonly string[]): string[] {
  const keys = new Set(found);
  return liveKeys.filter((key) => !keys.has(key));
}
