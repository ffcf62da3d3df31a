/** kv watchers in a running machine that nothing but a hint, or a change of facts, wakes in time. */
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { Machine } from "../../src/machine/machine.ts";
import { kv } from "../../watchers/kv.ts";
import { startServer } from "../setup/nats-server.ts";
import { definition, watcher } from "./definitions.ts";
import { testServices } from "./services.ts";

interface Setting {
  readonly properties: object;
  readonly store?: Store;
  readonly facts?: () => JsonObject;
}

const polling = { republish_trigger: "copies.>" };

/** Each new value leads from A to B, where another watcher sees it and leads back. */
async function start({ properties, store: opened, facts }: Setting) {
  const { services, until, ...test } = await testServices({ types: [kv] });
  const store = opened ?? test.store;
  const bucket = await store.createBucket("B", opened ? { republish: { destination: "copies.>" } } : {});
  const seeing = (name: string, state: string, transition: string) =>
    watcher(name, "kv", {
      stateMatch: [state],
      successTransition: transition,
      intervalMs: 3_600_000,
      properties: kv.read({ bucket: "B", key: "k", store_key: name, ...properties }),
    });
  const watchers = [seeing("forth", "A", "go"), seeing("back", "B", "back")];
  const machine = await Machine.start(definition({ watchers }), {
    ...services,
    store,
    facts: facts ?? services.facts,
  });
  onTestFinished(async () => {
    await machine.stop(0);
    await test[Symbol.asyncDispose]();
  });
  return { machine, bucket, until };
}

it("C64: on the embedded engine a change wakes a poll at once, also right after a look", async () => {
  const { machine, bucket, until } = await start({ properties: polling });
  await bucket.put("k", "1");
  await until(() => machine.record.transitions === 2);
  await bucket.put("k", "2");
  await until(() => machine.record.transitions === 4);
  expect(machine.record.data).toEqual({ B_forth: "2", B_back: "2" });
});

it("C64: on NATS a republished entry wakes a poll at once, also right after a look", async () => {
  await using server = await startServer("current");
  await using store = await openStore(server.url);
  const { machine, bucket, until } = await start({ properties: polling, store });
  // On the same connection, so the server has the subscription before.
  await bucket.put("k", "1");
  await until(() => machine.record.transitions === 2);
  await bucket.put("k", "2");
  await until(() => machine.record.transitions === 3);
  expect(machine.record.data).toEqual({ B_forth: "2", B_back: "1" });
  await machine.stop(0);
});

it("facts that change make mode watch resolve its hierarchical data anew", async () => {
  let facts = {};
  const properties = { mode: "watch", hiera_config: true };
  const { machine, bucket, until } = await start({ properties, facts: () => facts });
  await bucket.put("k", `{"data":{"role":"{{ lookup('facts.role', 'none') }}"}}`);
  await until(() => machine.record.transitions === 2);
  expect(machine.record.data).toEqual({ B_forth: { role: "none" }, B_back: { role: "none" } });
  facts = { role: "web" };
  machine.dataChanged();
  await until(() => machine.record.transitions === 4);
  expect(machine.record.data).toEqual({ B_forth: { role: "web" }, B_back: { role: "web" } });
});
