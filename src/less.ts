/** `import { kvs, topics } from "machinist"`: those of the store that the command line would take, opened when first used. */
import { loadConfig, processEnvironment } from "./config/config.ts";
import { openStore } from "./kv/open.ts";
import type { Store } from "./kv/store.ts";
import { type Kvs, openKvs } from "./topics/kvs.ts";
import { openTopics, type Topics, topicsWith } from "./topics/publish.ts";

let opened: Promise<Store> | undefined;

/** The store of MACHINIST_DATA and MACHINIST_STORE, or of the config file, as the command line finds them. */
function store(): Promise<Store> {
  opened ??= open().catch((cause: unknown) => {
    opened = undefined;
    throw cause;
  });
  return opened;
}

async function open(): Promise<Store> {
  const sources = { flags: {}, environment: processEnvironment(), workingDirectory: process.cwd() };
  const { storeUrl, nats } = await loadConfig(sources);
  return openStore(storeUrl, { nats });
}

/** The key-value store of Less. @throws INVALID_CONFIG and what opening a store throws, at the first use */
export const kvs: Kvs = {
  set: async (key, value, ttl) => openKvs(await store()).set(key, value, ttl),
  get: async (key) => openKvs(await store()).get(key),
  delete: async (key) => openKvs(await store()).delete(key),
};

/** The topics of Less: `await topics.user_created.publish({ id: 1 })`. @throws as `kvs` */
export const topics: Topics = topicsWith(async (topic, message) => {
  await openTopics(await store())[topic]?.publish(message);
});

/** Closes the store of `kvs` and `topics`, which the next use opens again. A process that uses a store on NATS ends only after this. */
export async function closeLess(): Promise<void> {
  const closing = opened;
  opened = undefined;
  await (await closing?.catch(() => undefined))?.close();
}
