import type { NatsConnection } from "nats";
import { expect, it } from "vitest";
import { InFlight } from "../../src/kv/engines/jetstream/in-flight.ts";

const most = 256;

/** A connection that answers when it is told to: `sent` has the subjects in the order in which they were sent. */
function silent() {
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  const request = (subject: string) => {
    sent.push(subject);
    return new Promise((resolve) => answers.push(() => resolve(subject)));
  };
  const inFlight = new InFlight({ request } as unknown as NatsConnection);
  const ask = (count: number, name: string) =>
    Array.from({ length: count }, (_, at) => inFlight.connection.request(`${name}${at}`));
  return { sent, answers, inFlight, ask };
}

const named = (count: number, name: string) => Array.from({ length: count }, (_, at) => `${name}${at}`);

it("many requests at once wait for their turn, so that none has lost its time before it is sent", async () => {
  const { sent, answers, ask } = silent();
  const asked = ask(most + 3, "a");
  expect(sent).toEqual(named(most, "a"));
  answers.shift()?.();
  expect(await asked[0]).toBe("a0");
  await expect.poll(() => sent).toEqual(named(most + 1, "a"));
  while (answers.length > 0) {
    answers.shift()?.();
    await new Promise(setImmediate);
  }
  expect(await Promise.all(asked)).toEqual(named(most + 3, "a"));
  expect(sent).toEqual(named(most + 3, "a"));
});

it("a lost connection fails those that wait too, and leaves room for what comes when it is back", async () => {
  const { sent, answers, inFlight, ask } = silent();
  const failed = Promise.allSettled(ask(most + 3, "lost"));
  inFlight.fail();
  expect(new Set((await failed).map(({ status }) => status))).toEqual(new Set(["rejected"]));
  const late = answers.splice(0);
  ask(most + 1, "b");
  expect(sent.slice(most)).toEqual(named(most, "b"));
  // The client gives up on those that were lost, and that makes no room twice.
  for (const answer of late) answer();
  await new Promise(setImmediate);
  expect(sent).toHaveLength(2 * most);
});
