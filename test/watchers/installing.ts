/** A drop directory with the machine that installs, and specifications for it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { packSpecification, type SpecificationKind } from "../../src/lib/specification/specification.ts";
import type { WatcherType } from "../../src/watching/watcher.ts";
import { PlayedWatcher, RecordingRunner, type Surroundings } from "./harness.ts";

/** Holds the directory of the machine, `installer`; removed with the test. */
export function dropDirectory(): string {
  const drop = mkdtempSync(join(tmpdir(), "machinist-specification-"));
  onTestFinished(() => rmSync(drop, { recursive: true, force: true }));
  mkdirSync(join(drop, "installer"));
  writeFileSync(join(drop, "installer", "machine.yaml"), "name: installer\n");
  return drop;
}

/** An entry that is complete. */
export function entry(name: string, more: JsonObject = {}): JsonObject {
  const source = `https://files.example/${name}.tgz`;
  return { name, source, checksum: "a".repeat(64), verify_checksum: "b".repeat(64), ...more };
}

export function packed(kind: SpecificationKind, entries: readonly unknown[], seed?: string): JsonObject {
  return { ...packSpecification(kind, Buffer.from(JSON.stringify(entries)), seed) };
}

/** A specification whose entries nobody checked. */
export function packedText(kind: SpecificationKind, text: string): JsonObject {
  return { [kind]: Buffer.from(text).toString("base64") };
}

export interface Played {
  readonly drop: string;
  readonly played: PlayedWatcher;
  /** Looks with this specification in the data. */
  give(specification: unknown): ReturnType<PlayedWatcher["look"]>;
}

/** A watcher of the machine `installer` that reads the item `spec`. */
export function installing(
  type: WatcherType,
  properties: JsonObject = {},
  surroundings: Surroundings = {},
): Played {
  const drop = dropDirectory();
  const played = new PlayedWatcher(
    type,
    { data_item: "spec", ...properties },
    {
      commands: new RecordingRunner(),
      machine: { name: "installer", directory: join(drop, "installer") },
      ...surroundings,
    },
  );
  return {
    drop,
    played,
    give(specification) {
      played.kept.data = { ...played.kept.data, ...JSON.parse(JSON.stringify({ spec: specification })) };
      return played.look();
    },
  };
}
