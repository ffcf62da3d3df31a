/** Starts all machines of a directory once, by the daemon or by bare libraries, and tells how long it took. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "js-yaml";
import { createActor, createMachine } from "xstate";
import { parse } from "yaml";
import { loadConfig } from "../../src/config/config.ts";
import { startDaemon } from "../../src/daemon.ts";
import { openStore } from "../../src/kv/open.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { heapInUse, type StartFigures, type StartTask } from "./machines.ts";

const task = JSON.parse(process.argv[2] ?? "") as StartTask;
const start = {
  daemon: startAll,
  yaml: (directory: string) => startBare(directory, parse),
  "js-yaml": (directory: string) => startBare(directory, load),
}[task.kind];
process.send?.(await start(task.directory));
process.disconnect();

async function startAll(directory: string): Promise<StartFigures> {
  const config = await loadConfig({
    flags: { data: join(directory, "data") },
    environment: { PATH: "/usr/bin:/bin" },
    workingDirectory: directory,
  });
  const store = await openStore(config.storeUrl);
  await store.createBucket("BENCH");
  await store.close();
  const before = heapInUse();
  const begin = performance.now();
  const daemon = await startDaemon(config, { log: silentLogger });
  const ms = performance.now() - begin;
  const memory = heapInUse() - before;
  await daemon.stop();
  return { ms, memory };
}

interface BareTransition {
  readonly name: string;
  readonly from: readonly string[];
  readonly destination: string;
}

async function startBare(directory: string, parseText: (text: string) => unknown): Promise<StartFigures> {
  const before = heapInUse();
  const begin = performance.now();
  const actors: unknown[] = [];
  for (const name of await readdir(join(directory, "machines"))) {
    const document = parseText(await readFile(join(directory, "machines", name), "utf8")) as {
      initial_state: string;
      transitions: BareTransition[];
    };
    const states: Record<string, { on: Record<string, string> }> = {};
    for (const { name: event, from, destination } of document.transitions) {
      states[destination] ??= { on: {} };
      for (const source of from) {
        states[source] ??= { on: {} };
        states[source].on[event] = destination;
      }
    }
    actors.push(createActor(createMachine({ initial: document.initial_state, states })).start());
  }
  const ms = performance.now() - begin;
  const memory = heapInUse() - before;
  if (actors.length === 0) throw new Error("there is no machine to start");
  return { ms, memory };
}
