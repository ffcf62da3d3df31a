/** What a look of an archive watcher says. Pure. */
import type { Observation } from "../../src/watching/watcher.ts";

export const archiveOutcomes = {
  initial: "unknown",
  verified: "verified",
  downloaded: "downloaded",
  error: "error",
  skipped: "skipped",
} as const;

export function succeeded(outcome: "verified" | "downloaded"): Observation {
  return { outcome, fire: "success", announce: true };
}

/** @param shown the source, fit to be shown */
export function failed(shown: string, reason: string): Observation {
  return {
    outcome: archiveOutcomes.error,
    fire: "fail",
    announce: true,
    error: `archive ${JSON.stringify(shown)}: ${reason}`,
  };
}

/** It was stopped, and says nothing: it will look again. */
export const skipped: Observation = { outcome: archiveOutcomes.skipped };
