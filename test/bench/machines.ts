/**
 * Many machines: started cold from YAML, and again from their records and known documents; memory for each. The peer is the
 * least that anybody would have to do: parse each file, create its xstate machine and start an actor.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Report, Target } from "./measure.ts";

const count = 10_000;

export interface StartFigures {
  readonly ms: number;
  /** Heap in use after a collection, after the start less before, in bytes. */
  readonly memory: number;
}

export interface StartTask {
  /** The daemon, or the bare libraries with one of two YAML parsers. */
  readonly kind: "daemon" | "yaml" | "js-yaml";
  readonly directory: string;
}

const machine = (index: number, distinct: boolean): string => `
name: m${index}
version: 1.0.0
description: One of many.
initial_state: WAITING
transitions:
  - { name: release${distinct ? index : ""}, from: [WAITING, LIVE, FAILED], destination: BUILDING }
  - { name: built, from: [BUILDING], destination: LIVE }
  - { name: give_up, from: [BUILDING], destination: FAILED }
watchers:
  - name: release
    type: kv
    state_match: [WAITING, LIVE, FAILED]
    success_transition: release${distinct ? index : ""}
    interval: 1h
    properties: { bucket: BENCH, key: key${index} }
  - name: build
    type: exec
    state_match: [BUILDING]
    success_transition: built
    fail_transition: give_up
    properties: { command: ./build.sh, timeout: 1m }
`;

export async function benchMachines(report: Report): Promise<void> {
  for (const distinct of [false, true]) {
    const directory = await mkdtemp(join(tmpdir(), "machinist-bench-"));
    try {
      await mkdir(join(directory, "machines"));
      for (let index = 0; index < count; index++) {
        await writeFile(join(directory, "machines", `m${index}.yaml`), machine(index, distinct));
      }
      await measureStarts(report, directory, distinct);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

async function measureStarts(report: Report, directory: string, distinct: boolean): Promise<void> {
  const bare = await inFreshProcess({ kind: "yaml", directory });
  const fastest = await inFreshProcess({ kind: "js-yaml", directory });
  const cold = await inFreshProcess({ kind: "daemon", directory });
  const again = await inFreshProcess({ kind: "daemon", directory });
  report.section(`${count} machines, ${distinct ? "each with a state chart of its own" : "one state chart"}`);
  const row = (name: string, { ms }: StartFigures, of: StartFigures, target?: Target): void => {
    const to = of === bare ? "bare" : "bare with js-yaml";
    report.row({ name, value: ms, unit: "ms", ratio: ms / of.ms, to, ...(target ? { target } : {}) });
  };
  report.row({ name: "bare: read, yaml, createMachine, createActor, start", value: bare.ms, unit: "ms" });
  report.row({ name: "the same with js-yaml, which gives no places", value: fastest.ms, unit: "ms" });
  row("cold start, every record written", cold, bare);
  row("cold start, every record written", cold, fastest, "<= 1.5");
  row("start again from records and known documents", again, bare);
  row("start again from records and known documents", again, fastest, "<= 0.6");
  const kib = (figures: StartFigures): number => figures.memory / 1024 / count;
  report.row({ name: "memory per machine, bare", value: kib(bare), unit: "KiB" });
  report.row({
    name: "memory per machine, running with two watchers",
    value: kib(again),
    unit: "KiB",
    target: distinct ? "<= 20 KiB" : "<= 5 KiB",
  });
}

/** A process of its own for each, so that none inherits another's memory. */
async function inFreshProcess(task: StartTask): Promise<StartFigures> {
  const child = fork(
    fileURLToPath(new URL("./machines-process.js", import.meta.url)),
    [JSON.stringify(task)],
    {
      execArgv: ["--expose-gc"],
    },
  );
  const [figures] = (await once(child, "message")) as [StartFigures];
  await once(child, "exit");
  return figures;
}

/** Heap in use after a collection, in bytes. Run with --expose-gc. */
export function heapInUse(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
