/** Reading a bucket while another program overwrites its keys: an entry that is overwritten before its turn comes again later. */
import { expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import { startServer } from "../../setup/nats-server.ts";
import { listed } from "../contract/harness.ts";

it("keys and history: have every live key once while keys are overwritten", async () => {
  await using server = await startServer("current");
  await using store = await openStore(server.url);
  await using other = await openStore(server.url);
  const bucket = await store.createBucket("B");
  const theirs = await other.openBucket("B");
  const keys = Array.from({ length: 2000 }, (_, index) => `key${index}`).sort();
  await Promise.all(keys.map((key) => bucket.put(key, "x".repeat(200))));
  let isOver = false;
  const overwrite = async (): Promise<void> => {
    while (!isOver) await Promise.all(keys.slice(0, 200).map((key) => theirs.put(key, "y")));
  };
  const writing = overwrite();
  try {
    for (let round = 0; round < 20; round++) {
      expect(await listed(bucket.keys())).toEqual(keys);
      const found = (await listed(bucket.history(">", { metaOnly: true }))).map(({ key }) => key);
      expect([...new Set(found)].sort()).toEqual(keys);
    }
  } finally {
    isOver = true;
    await writing;
  }
});
