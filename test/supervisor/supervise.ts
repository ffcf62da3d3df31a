/** A supervisor on a fresh drop directory, for tests of it and of what stands before it. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/lib/clock.ts";
import { KnownDocuments } from "../../src/supervisor/known-documents.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import type { WatcherType } from "../../src/watching/watcher.ts";
import { builtInWatcherTypes } from "../../watchers/index.ts";
import { type TestServices, testServices } from "../machine/services.ts";

/** `go` leads from A to B, `back` from B to A; a timer of an hour would fire `go`. */
export const yaml = (name: string, more = ""): string => `
name: ${name}
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
  - { name: back, from: [B], destination: A }
watchers:
  - { name: alarm, type: timer, state_match: [A], fail_transition: go, properties: { timer: 1h } }
${more}`;

export interface Supervised extends TestServices {
  readonly supervisor: Supervisor;
  readonly drop: string;
  /** Machines that the supervisor said are gone. */
  readonly gone: readonly string[];
  write(name: string, text: string): Promise<void>;
  /** Resolves when a line with this message is logged after the call; `where` narrows it. */
  logged(message: string, where?: Readonly<Record<string, unknown>>): Promise<void>;
}

/** @param files what lies in the drop directory from the beginning */
export async function supervise(
  files: Readonly<Record<string, string>> = {},
  options: { readonly clock?: Clock; readonly types?: readonly WatcherType[] } = {},
): Promise<Supervised> {
  const test = await testServices({ types: builtInWatcherTypes, ...options });
  const drop = join(test.directory, "machines");
  await mkdir(drop);
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(join(drop, name)), { recursive: true });
    await writeFile(join(drop, name), text);
  };
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const documents = await KnownDocuments.open(test.store, test.services.log);
  const gone: string[] = [];
  const supervisor = new Supervisor(test.services, {
    documents,
    dropDirectories: [drop],
    drainMs: 1_000,
    onGone: (machine) => gone.push(machine),
  });
  onTestFinished(async () => {
    await supervisor.stop();
    await test[Symbol.asyncDispose]();
  });
  await supervisor.start();
  const logged: Supervised["logged"] = (message, where = {}) => {
    const known = test.lines.length;
    return test.until(() =>
      test.lines
        .slice(known)
        .some(
          (line) =>
            line.message === message &&
            Object.entries(where).every(([key, value]) => line.fields[key] === value),
        ),
    );
  };
  return { ...test, supervisor, drop, gone, write, logged };
}
