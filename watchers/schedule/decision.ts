/** What a look at a schedule means to the machine: edges, as told by the cursor. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../src/lib/json.ts";
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
  /** When the window began for which success was last fired, ms since 1970; undefined when it never was. */
  readonly firedFor: number | undefined;
}

export interface Situation {
  readonly nowMs: number;
  readonly window: WindowState;
  /** Whether success is fired again when the watcher becomes active again within a window. */
  readonly refires: boolean;
  /** When the last window that is over began, if windows that passed unseen are to be fired late; undefined if not. */
  readonly missed: (() => number | undefined) | undefined;
}

/** `more`: there is something else to tell, which has to wait for the next observation. */
export interface Decision {
  readonly observation: Observation;
  readonly more: boolean;
}

/** As cron does it: a clock that is set back by less is waited for, one that is set back by more is believed. */
const longestSetBackMs = 3 * 3_600_000;

export function decide(look: Look, given: Situation): Decision {
  const told = toldIn(look.cursor);
  if (told === undefined) return decideFirst(look, given);
  const situation = wasSetBack(given, told) ? { ...given, window: windowTold(given, told) } : given;
  return hasBecomeActive(look, told)
    ? decideActivation(look, told, situation)
    : decideStay(look, told, situation);
}

/** The clock was set back to shortly before the window that was fired for: it must not begin a second time. */
function wasSetBack({ nowMs }: Situation, { firedFor }: Told): boolean {
  return firedFor !== undefined && nowMs < firedFor && firedFor - nowMs < longestSetBackMs;
}

function windowTold({ window }: Situation, { state, upTo }: Told): WindowState {
  return { ...window, isOn: state === "on", beganAt: upTo };
}

/** A new machine outside a window has nothing to tell, as in Choria; within one it is on. */
function decideFirst(look: Look, situation: Situation): Decision {
  const { window, nowMs } = situation;
  if (window.isOn) return turnOn(look, situation);
  const firedFor = undefined;
  return look.reason === "entered"
    ? turnOff(look, { upTo: nowMs, firedFor })
    : quiet(look, { state: "off", upTo: nowMs, firedFor });
}

function decideActivation(look: Look, told: Told, situation: Situation): Decision {
  const { window, nowMs, refires } = situation;
  if (!window.isOn) return turnOff(look, { ...told, upTo: nowMs });
  return !refires && hasFiredFor(window, told) ? quiet(look, told) : turnOn(look, situation);
}

function decideStay(look: Look, told: Told, situation: Situation): Decision {
  const { window, missed } = situation;
  if (told.state === "on" && (!window.isOn || !hasFiredFor(window, told))) {
    return { ...turnOff(look, told), more: window.isOn || missed !== undefined };
  }
  if (window.isOn && !hasFiredFor(window, told)) return turnOn(look, situation);
  const missedAt = window.isOn ? undefined : missed?.();
  if (missedAt !== undefined && missedAt > told.upTo)
    return { ...turnOn(look, situation, missedAt), more: true };
  return quiet(look, told);
}

/** While `on` was told, only a window that began later is another one; its predecessor's end passed unseen. */
function hasFiredFor({ beganAt }: WindowState, told: Told): boolean {
  if (told.state === "on") return beganAt === undefined || beganAt <= told.upTo;
  return beganAt !== undefined && beganAt === told.firedFor;
}

/**
 * A move from one state of state_match to another is no activation. After a crash that is told by counting: the cursor is
 * written in each state in which the watcher is active, so only one without it leaves a gap.
 */
function hasBecomeActive({ arrived, reason, visit }: Look, told: Told): boolean {
  return arrived || (reason === "resume" && visit > told.visit + 1);
}

function turnOn(look: Look, situation: Situation, beganAt = beginning(situation)): Decision {
  const cursor = cursorOf(look, { state: "on", upTo: beganAt, firedFor: beganAt });
  return { observation: { outcome: "on", fire: "success", announce: true, cursor }, more: false };
}

function turnOff(look: Look, { upTo, firedFor }: Pick<Told, "upTo" | "firedFor">): Decision {
  const cursor = cursorOf(look, { state: "off", upTo, firedFor });
  return { observation: { outcome: "off", fire: "fail", announce: true, cursor }, more: false };
}

function quiet(look: Look, told: Omit<Told, "visit">): Decision {
  return { observation: { outcome: told.state, cursor: cursorOf(look, told) }, more: false };
}

function cursorOf({ visit }: Look, { state, upTo, firedFor }: Omit<Told, "visit">): JsonObject {
  return { state, upTo, visit, ...(firedFor === undefined ? {} : { firedFor }) };
}

function beginning({ window, nowMs }: Situation): number {
  return window.beganAt ?? nowMs;
}

function toldIn(cursor: Json | undefined): Told | undefined {
  if (!isJsonObject(cursor)) return undefined;
  const { state, upTo, visit, firedFor } = cursor;
  if ((state !== "on" && state !== "off") || typeof upTo !== "number" || typeof visit !== "number") {
    return undefined;
  }
  // Cursors of earlier versions have no `firedFor`; while they say `on`, it is what they were fired for.
  const known = state === "on" ? upTo : undefined;
  return { state, upTo, visit, firedFor: typeof firedFor === "number" ? firedFor : known };
}
