/** Checks what the machines of a fault run left on disk. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MachineRecord } from "../../../src/machine/record.ts";
import { crew, type Layout } from "./machines.ts";
import type { Order } from "./orders.ts";
import type { Findings } from "./report.ts";
import type { SeenTransition } from "./transition-log.ts";

/** Every revision was taken once, in order, and ended as its order says; no state was skipped. */
export function judgeTransitions(
  findings: Findings,
  orders: readonly Order[],
  { seen, record }: { seen: readonly SeenTransition[]; record: MachineRecord },
): void {
  const wanted = orders.flatMap(({ revision, end }) => [
    `take ${revision}`,
    `${end === "ok" ? "done" : "failed"} ${revision}`,
  ]);
  const found = seen.map(({ transition, revision }) => `${transition} ${revision}`);
  findings.expect(isSame(found, wanted), `transitions: ${firstDifference(found, wanted)}`);
  findings.expect(
    seen.every(({ number }, index) => number === index + 1),
    "a transition was counted twice or left out",
  );
  findings.expect(
    record.state === "WAITING" && record.transitions === wanted.length,
    `the worker ended in ${record.state} after ${record.transitions} transitions`,
  );
  const succeeded = orders.filter(({ end }) => end === "ok").map(({ revision }) => String(revision));
  const trail = String(record.data["trail"]).trim().split(" ");
  findings.expect(isSame(trail, succeeded), `the trail of the data: ${firstDifference(trail, succeeded)}`);
  findings.figures["orders that failed"] = orders.filter(({ end }) => end === "fail").length;
  findings.figures["orders that ran into their timeout"] = orders.filter(({ end }) => end === "late").length;
}

/** One id for each handled revision, one revision for each id, never two copies of a command at once. */
export async function judgeRuns(findings: Findings, layout: Layout, orders: readonly Order[]): Promise<void> {
  const runs = await linesOf(layout, "worker", "runs");
  const idsOf = new Map<string, Set<string>>();
  const revisionsOf = new Map<string, Set<string>>();
  for (const [id = "", revision = ""] of runs.map((line) => line.split(" "))) {
    idsOf.set(revision, (idsOf.get(revision) ?? new Set()).add(id));
    revisionsOf.set(id, (revisionsOf.get(id) ?? new Set()).add(revision));
  }
  for (const { revision } of orders) {
    const ids = [...(idsOf.get(String(revision)) ?? [])];
    findings.expect(ids.length === 1, `revision ${revision} has ${ids.length} run ids: ${ids.join(", ")}`);
  }
  for (const [id, revisions] of revisionsOf)
    findings.expect(revisions.size === 1, `run ${id} stands for revisions ${[...revisions].join(", ")}`);
  findings.figures["runs repeated under their old id"] = runs.length - revisionsOf.size;
  for (const name of ["worker", ...crew]) {
    const overlaps = await linesOf(layout, name, "overlaps");
    findings.expect(overlaps.length === 0, `two copies of a command of ${name} ran at once`);
  }
}

/** Ids count up by one: a run that was cut off is repeated before the next one. Never more holders than slots. */
export async function judgeCrew(findings: Findings, layout: Layout): Promise<void> {
  let repeated = 0;
  let total = 0;
  for (const name of crew) {
    const numbers = (await linesOf(layout, name, "runs")).map((id) => Number(id.split(".").at(-1)));
    const steps = numbers.map((number, index) => number - (numbers[index - 1] ?? 0));
    findings.expect(
      steps.every((step) => step === 0 || step === 1),
      `the run ids of ${name} do not count up by one: ${numbers.join(" ")}`,
    );
    findings.expect(numbers.length > 0, `${name} did not run`);
    total += numbers.length;
    repeated += numbers.length - new Set(numbers).size;
  }
  const crowded = await textOf(join(layout.slotDirectory, "crowded"));
  findings.expect(crowded === "", `more holders than slots: ${crowded.trim().split("\n").join(", ")}`);
  findings.figures["governed runs"] = total;
  findings.figures["governed runs repeated under their old id"] = repeated;
}

async function linesOf({ dataDirectory }: Layout, machine: string, file: string): Promise<string[]> {
  const text = await textOf(join(dataDirectory, "work", machine, file));
  return text.split("\n").slice(0, -1);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "";
    throw cause;
  }
}

function isSame(found: readonly string[], wanted: readonly string[]): boolean {
  return JSON.stringify(found) === JSON.stringify(wanted);
}

function firstDifference(found: readonly string[], wanted: readonly string[]): string {
  const at = wanted.findIndex((value, index) => found[index] !== value);
  const part = (list: readonly string[]): string => list.slice(at, at + 4).join(", ");
  return `${found.length} instead of ${wanted.length}, first difference at ${at}: ${part(found)} instead of ${part(wanted)}`;
}
