/** The timer watcher: fires its fail transition when the machine has been in a state for so long. Knows no timers itself. */
import { type Static, Type } from "typebox";
import { durationSchema, type PropertyFault } from "../src/definition/shape.ts";
import type { Clock } from "../src/lib/clock.ts";
import { formatDuration, parseDuration } from "../src/lib/duration.ts";
import type { Look, Observation, Watcher, WatcherType } from "../src/watching/watcher.ts";

const shortestMs = 1_000;
const nanosecondsPerMs = 1_000_000;

const schema = Type.Object(
  {
    timer: Type.Optional(
      durationSchema({
        description: "How long after entering the state fail_transition is fired. At least 1s.",
        default: "1s",
      }),
    ),
    splay: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Wait a random time shorter than `timer` instead, drawn once when the machine starts.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Fires fail_transition once, so long after the machine entered its state; time that the daemon was down counts. Moving to another state of state_match starts it again.",
    examples: [{ timer: "10m" }],
  },
);

export interface TimerProperties {
  readonly durationMs: number;
  readonly splay: boolean;
  /** As written, before the minimum. */
  readonly writtenMs: number;
}

export const timer: WatcherType<TimerProperties> = {
  type: "timer",
  schema,
  minimumIntervalMs: undefined,
  failsNormally: true,
  initialOutcome: "stopped",

  read(raw) {
    // The door has made sure of the shape; a timer may have no properties at all.
    const written = (raw ?? {}) as Static<typeof schema>;
    const writtenMs = parseDuration(written.timer ?? formatDuration(shortestMs));
    return { durationMs: Math.max(writtenMs, shortestMs), splay: written.splay ?? false, writtenMs };
  },

  check({ successTransition, properties }) {
    const faults: PropertyFault[] = [];
    if (successTransition !== undefined) {
      const message = `a timer never succeeds, so "${successTransition}" would never be fired; write it as fail_transition`;
      faults.push({ path: ["success_transition"], message });
    }
    if (properties.writtenMs < shortestMs) {
      const message = `${formatDuration(properties.writtenMs)} is shorter than the shortest timer; it will be 1s, write that`;
      faults.push({ path: ["properties", "timer"], message, severity: "warning" });
    }
    return faults;
  },

  policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined }),

  create({ durationMs, splay }, { clock, random }) {
    // Never the whole duration, never none of it.
    const drawnMs = splay ? 1 + Math.floor(random() * (durationMs - 1)) : durationMs;
    return new TimerWatcher(drawnMs, clock);
  },
};

class TimerWatcher implements Watcher {
  readonly #durationMs: number;
  readonly #clock: Clock;

  constructor(durationMs: number, clock: Clock) {
    this.#durationMs = durationMs;
    this.#clock = clock;
  }

  async observe(look: Look): Promise<Observation> {
    // Its cursor is the stay in a state in which it has fired.
    if (look.cursor === look.visit) return { outcome: "stopped", detail: this.#detail("stopped") };
    const remainingMs = look.since + this.#durationMs - this.#clock.now();
    if (remainingMs > 0) {
      const isBeginning = look.reason === "start" || look.reason === "resume" || look.reason === "entered";
      return {
        outcome: "running",
        lookAgainInMs: remainingMs,
        announce: isBeginning,
        detail: this.#detail("running"),
      };
    }
    return {
      outcome: "stopped",
      fire: "fail",
      cursor: look.visit,
      announce: true,
      detail: this.#detail("stopped"),
    };
  }

  #detail(state: "running" | "stopped"): { state: string; timer: number } {
    return { state, timer: this.#durationMs * nanosecondsPerMs };
  }
}
