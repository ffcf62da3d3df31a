/** What a look at a schedule means to the machine: edges, as told by the cursor. Pure. */
import { isJsonObject, type Json } from "../../src/lib/json.ts";
import type { Look, Observation } from "../../src/watching/watcher.ts";
import type { WindowState } from "./windows.ts";

export const scheduleOutcomes = { initial: "unknown", on: "on", off: "off" } as const;

/** What the watcher last told its machine, and when in the machine's life. */
interface Told {
  readonly state: "on" | "off";
  /** Windows that began up to then, ms since 1970, are done with. */
  readonly upTo: number;
  /** The stay in a state in which the watcher was last known to be active. */
  readonly visit: number;
}

export interface Situation {
  readonly nowMs: number;
  readonly window: WindowState;
  readonly skipsReenter: boolean;
  /** When the last window that is over began, if windows that passed unseen are to be fired late; undefined if not. */
  readonly missed: (() => number | undefined) | undefined;
}

/** `more`: there is something else to tell, which has to wait for the next observation. */
export interface Decision {
  readonly observation: Observation;
  readonly more: boolean;
}

export function decide(look: Look, situation: Situation): Decision {
  const told = toldIn(look.cursor);
  if (told === undefined) return decideFirst(look, situation);
  return hasBecomeActive(look, told)
    ? decideActivation(look, told, situation)
    : decideStay(look, told, situation);
}

/** A new machine outside a window has nothing to tell, as in Choria; within one it is on. */
function decideFirst(look: Look, situation: Situation): Decision {
  if (situation.window.isOn) return turnOn(look, situation);
  return look.reason === "entered" ? turnOff(look, situation.nowMs) : quiet(look, "off", situation.nowMs);
}

function decideActivation(look: Look, told: Told, situation: Situation): Decision {
  const { window, nowMs, skipsReenter } = situation;
  if (!window.isOn) return turnOff(look, nowMs);
  if (skipsReenter && told.state === "on") return quiet(look, "on", beginning(situation));
  return turnOn(look, situation);
}

function decideStay(look: Look, told: Told, situation: Situation): Decision {
  const { window, missed } = situation;
  // One that began later than the one that was told: its predecessor's end passed unseen.
  const isOther = window.beganAt !== undefined && window.beganAt > told.upTo;
  if (told.state === "on" && (!window.isOn || isOther)) {
    return { ...turnOff(look, told.upTo), more: window.isOn || missed !== undefined };
  }
  if (window.isOn && told.state === "off") return turnOn(look, situation);
  const missedAt = window.isOn ? undefined : missed?.();
  if (missedAt !== undefined && missedAt > told.upTo)
    return { ...turnOn(look, situation, missedAt), more: true };
  return quiet(look, told.state, told.upTo);
}

/**
 * A move from one state of state_match to another is no activation. That is told by counting: the cursor is written in each
 * stay in which the watcher is active, so only a stay without it leaves a gap. Without a move it was another machine's state.
 */
function hasBecomeActive(look: Look, { visit }: Told): boolean {
  return look.visit === visit ? look.reason === "entered" : look.visit !== visit + 1;
}

function turnOn(look: Look, situation: Situation, beganAt = beginning(situation)): Decision {
  const cursor = { state: "on", upTo: beganAt, visit: look.visit };
  return { observation: { outcome: "on", fire: "success", announce: true, cursor }, more: false };
}

function turnOff(look: Look, upTo: number): Decision {
  const cursor = { state: "off", upTo, visit: look.visit };
  return { observation: { outcome: "off", fire: "fail", announce: true, cursor }, more: false };
}

function quiet(look: Look, state: "on" | "off", upTo: number): Decision {
  return { observation: { outcome: state, cursor: { state, upTo, visit: look.visit } }, more: false };
}

function beginning({ window, nowMs }: Situation): number {
  return window.beganAt ?? nowMs;
}

function toldIn(cursor: Json | undefined): Told | undefined {
  if (!isJsonObject(cursor)) return undefined;
  const { state, upTo, visit } = cursor;
  if ((state !== "on" && state !== "off") || typeof upTo !== "number" || typeof visit !== "number") {
    return undefined;
  }
  return { state, upTo, visit };
}
