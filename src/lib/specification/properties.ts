/** What the properties of all types that install from a specification have in common. */
import { Type } from "typebox";
import { isPublicKey } from "../ed25519.ts";

export const commonProperties = {
  data_item: Type.String({
    minLength: 1,
    description:
      "Item of the machine's data that holds the specification, as `machinist plugins pack` makes it; a kv watcher puts it there.",
  }),
  purge_unknown: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "Remove the managers that the specification does not name or that do not match this host, and, once they are gone, what they installed.",
    }),
  ),
  public_key: Type.Optional(
    Type.String({
      default: "",
      description:
        "Key (64 hex digits, ed25519) that the specification must be signed by; one that is not is removed from the data. The line signing_key of the config file goes before it.",
    }),
  ),
};

/** Machines that install look no more often than this. */
export const shortestLookMs = 2_000;
/** How often managers verify, when nothing or 0 is said. */
export const defaultManageMs = 120_000;
/** An archive watcher takes no shorter interval. */
const shortestManageMs = 10_000;

export interface Fault {
  readonly path: readonly string[];
  readonly message: string;
  readonly severity?: "warning";
}

/** @param publicKey as written, undefined when left out */
export function faultsOfKey(publicKey: string | undefined): Fault[] {
  const path = ["properties", "public_key"];
  if (publicKey === undefined || isPublicKey(publicKey)) return [];
  const message =
    publicKey === ""
      ? "public_key is empty, so every specification is believed; write a key, or leave it out"
      : "public_key is no ed25519 key; write 64 hex digits, as `machinist plugins keygen` prints them";
  return [{ path, message, ...(publicKey === "" ? { severity: "warning" } : {}) }];
}

export function faultsOfInterval(property: string, intervalMs: number): Fault[] {
  if (intervalMs >= shortestManageMs) return [];
  const message = `${property} is shorter than 10s, which the archive watchers of the managers do not take; write 10s or more`;
  return [{ path: ["properties", property], message }];
}
