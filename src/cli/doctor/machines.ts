/** What the machines of a running daemon suffer from, by their health and by what their watchers found. Pure. */
import type { MachineDetails, WatcherDetails } from "../../http/machine-view.ts";
import { text } from "../machine-answer.ts";
import { type Check, ok, problem, warning } from "./check.ts";

/** @param lookOnce types whose watchers do not repeat a failed look without an interval */
export function machineChecks(machine: MachineDetails, lookOnce: ReadonlySet<string>): Check[] {
  return [...healthCheck(machine), ...stuckCheck(machine, lookOnce)];
}

function healthCheck(machine: MachineDetails): Check[] {
  const { health, faults, watchers } = machine;
  const check = `Machine ${machine.name}`;
  const errors = watchers.filter(({ active, error }) => active && error !== null);
  switch (health) {
    case "faulty":
    case "stopped":
      return [problem(check, `${health}: ${faults.join("; ") || "it does not run"}`)];
    case "failed":
      return [problem(check, `failed: ${endText(machine)}`)];
    case "failing":
      return errors.map(({ name, error }) => warning(check, `watcher ${name} fails: ${error}`));
    case "waiting":
      return errors.map(({ name, error }) => ok(check, `watcher ${name} waits: ${error}`));
    case "paused":
      return [ok(check, `paused; \`machinist resume ${machine.name}\` lets its watchers look again`)];
    default:
      return [];
  }
}

function endText({ name, state, last }: MachineDetails): string {
  const { transition, from, at } = last ?? {};
  return `transition ${text(transition)} led from ${text(from)} to ${state} at ${text(at)}, and no transition leads out; \`machinist show ${name}\` shows why, \`machinist reset ${name}\` starts it over`;
}

/** A machine that only waits for looks which do not come any more. */
function stuckCheck(machine: MachineDetails, lookOnce: ReadonlySet<string>): Check[] {
  const { name, state, watchers, transitions, health } = machine;
  const active = watchers.filter((watcher) => watcher.active);
  const isStuck = active.length > 0 && active.every((watcher) => isDone(watcher, lookOnce));
  if (!isStuck || transitions.length === 0 || health === "failed") return [];
  const names = active.map((watcher) => watcher.name).join(", ");
  const message = `stuck in ${state}: ${names} failed and will not look again there; fire a transition (\`machinist transition ${name} ${transitions[0]}\`), and add fail_transition, interval or retry`;
  return [problem(`Machine ${name}`, message)];
}

function isDone(
  { type, looking, nextLookAt, error }: WatcherDetails,
  lookOnce: ReadonlySet<string>,
): boolean {
  return lookOnce.has(type) && !looking && nextLookAt === null && error !== null;
}
