/** Transitions per second: our queue around the actor, with a commit that costs nothing, against the bare xstate actor. */
import { createActor } from "xstate";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { Committer } from "../../src/machine/committer.ts";
import { compile } from "../../src/machine/compile.ts";
import { newRecord } from "../../src/machine/record.ts";
import { definition } from "../machine/definitions.ts";
import { interleaved, type Report } from "./measure.ts";

const count = 20_000;
const names = ["go", "back"] as const;

export async function benchTransitions(report: Report): Promise<void> {
  const of = definition();
  const bare = (): void => {
    const actor = createActor(compile(of)).start();
    for (let turn = 0; turn < count; turn++) actor.send({ type: names[turn % 2] ?? "go" });
    actor.stop();
  };
  const queued = async (): Promise<void> => {
    const { name, hash, version, initialState } = of;
    const committer = new Committer({
      definition: of,
      record: newRecord({ machine: name, definition: hash, version, state: initialState, nowMs: 0 }),
      keeper: { revision: 1, commit: async () => undefined, note: async () => undefined },
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
      onMove: () => undefined,
      facts: () => ({}),
      identity: "bench",
      onData: () => undefined,
      onPause: () => undefined,
    });
    const changes: Promise<unknown>[] = [];
    for (let turn = 0; turn < count; turn++)
      changes.push(committer.change({ by: "bench", transition: names[turn % 2] }));
    await Promise.all(changes);
    await committer.close();
  };
  const [bareMs, queuedMs] = await interleaved([bare, queued], { rounds: 5 });
  report.section(`transitions, one machine, ${count} in a row`);
  report.row({ name: "bare xstate actor", value: (count / bareMs) * 1000, unit: "/s" });
  report.row({
    name: "our queue around it, commit for nothing",
    value: (count / queuedMs) * 1000,
    unit: "/s",
    ratio: bareMs / queuedMs,
    to: "bare actor",
    target: ">= 0.7",
  });
}
