/** Reads the runs of a data directory, with or without a daemon: what is known of each, and what it wrote. Changes nothing. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type CommandEnd, describeEnd } from "../command.ts";
import { hasProcessTable, processOf } from "../process-table.ts";
import { type RunMeta, readMeta } from "./meta.ts";
import { readOutput } from "./output-file.ts";
import { metaFile, ownerDirectory, runOfFile, streamFile, streams } from "./places.ts";

/** One run of a watcher, as it is shown. Times are ISO 8601. */
export interface RunView {
  readonly machine: string;
  readonly watcher: string;
  /** Counts the runs of its watcher. */
  readonly run: number;
  /** MACHINE_RUN_ID. */
  readonly id: string;
  readonly started: string;
  readonly ended: string | null;
  readonly durationMs: number | null;
  /** `lost`: whatever ran it died before it ended. */
  readonly status: "running" | CommandEnd["how"];
  readonly exitCode: number | null;
  /** How it ended, in words. */
  readonly end: string | null;
  readonly outcome: string | null;
  readonly error: string | null;
  /** The transition that it led to. */
  readonly transition: string | null;
  readonly from: string | null;
  readonly to: string | null;
}

export interface RunFilter {
  readonly machine: string;
  readonly watcher?: string | undefined;
  /** A number or a MACHINE_RUN_ID. */
  readonly run?: string | undefined;
  /** Those that had not ended then, ms since 1970. */
  readonly sinceMs?: number | undefined;
}

export interface FoundRun {
  readonly view: RunView;
  /** Where its files are. */
  readonly directory: string;
}

/** In order of their start. */
export function findRuns(dataDirectory: string, filter: RunFilter): FoundRun[] {
  const owner = ownerDirectory(dataDirectory, filter.machine);
  return list(owner)
    .flatMap((part) => runsIn(dataDirectory, join(owner, part)))
    .filter(({ view }) => matches(view, filter))
    .sort((left, right) => compare(left.view, right.view));
}

/** What it wrote so far: all of it, or without its middle. */
export function outputOf({ directory, view }: FoundRun): Buffer {
  return Buffer.concat(streams.map((stream) => readOutput(streamFile(directory, view.run, stream))));
}

function runsIn(dataDirectory: string, directory: string): FoundRun[] {
  const runs = new Set(list(directory).flatMap((name) => runOfFile(name) ?? []));
  return [...runs].flatMap((run) => {
    const meta = readMeta(metaFile(directory, run));
    return meta ? [{ directory, view: viewOf(dataDirectory, run, meta) }] : [];
  });
}

function viewOf(dataDirectory: string, run: number, { start, ending, conclusion }: RunMeta): RunView {
  const end = ending?.end;
  return {
    machine: start.owner,
    watcher: start.part,
    run,
    id: start.id,
    started: start.started,
    ended: ending?.ended ?? null,
    durationMs: ending?.durationMs ?? null,
    status: end?.how ?? (isRunning(dataDirectory, start) ? "running" : "lost"),
    exitCode: end?.how === "exited" ? end.code : null,
    end: end ? describeEnd(end) : null,
    outcome: conclusion?.outcome ?? null,
    error: conclusion?.error ?? null,
    transition: conclusion?.transition ?? null,
    from: conclusion?.from ?? null,
    to: conclusion?.to ?? null,
  };
}

/** Its directory is there as long as it runs, or until the next helper if its helper died. */
function isRunning(dataDirectory: string, { place, helper }: RunMeta["start"]): boolean {
  return existsSync(join(dataDirectory, "commands", place)) && isAlive(helper);
}

function isAlive(pid: number): boolean {
  if (hasProcessTable) return processOf(pid) !== undefined;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process lives too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function matches(view: RunView, { watcher, run, sinceMs = 0 }: RunFilter): boolean {
  if (watcher !== undefined && view.watcher !== watcher) return false;
  if (run !== undefined && String(view.run) !== run && view.id !== run) return false;
  return view.ended === null || Date.parse(view.ended) >= sinceMs;
}

function compare(left: RunView, right: RunView): number {
  return left.started.localeCompare(right.started) || left.run - right.run;
}

/** @throws the system's error, but for a directory that is not there */
function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
