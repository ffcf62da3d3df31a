/** All machines as they are now. */
import { createStore } from "./store.js";
import { follow } from "./stream.js";

/**
 * As the daemon's list has it; `change` is another number each time that anything about it changed.
 * @typedef {object} Machine
 * @property {string} name
 * @property {string | null} version
 * @property {string | null} state
 * @property {string | null} since ISO 8601
 * @property {readonly string[]} transitions legal now
 * @property {"running" | "starting" | "stopping" | "stopped" | "faulty" | "failed" | "failing" | "waiting" | "paused"} health
 * @property {{ at: string, by: string } | null} paused since when its watchers rest, and who paused it
 * @property {{ transition: string, by: string, reason: string, since: string, until: string } | null} delayed the transition that waits before it is made
 * @property {string} file
 * @property {readonly Watcher[]} watchers
 * @property {readonly string[]} faults
 * @property {number} change
 *
 * @typedef {object} Watcher
 * @property {string} name
 * @property {string} type
 * @property {boolean} active
 * @property {boolean} looking
 * @property {string} outcome
 * @property {string | null} lookedAt ISO 8601
 * @property {string | null} nextLookAt ISO 8601
 * @property {{ bucket: string, revisions: number, isExact: boolean } | null} missed since its machine was started
 * @property {readonly string[]} waitsFor
 * @property {{ governor: string, since: string } | null} awaitedSlot for a slot of that governor
 */

/**
 * `live`: what is shown is what is; `stale`: what is shown is as old as `since`, and it is tried to connect.
 * @typedef {{ status: "connecting" | "live" | "stale", since: number }} Connection
 */

/** @type {import("./store.js").Store<{ byName: ReadonlyMap<string, Machine>, version: number }>} */
export const machines = createStore({
  byName: /** @type {ReadonlyMap<string, Machine>} */ (new Map()),
  version: 0,
});

/** @type {import("./store.js").Store<Connection>} */
export const connection = createStore(
  /** @type {Connection} */ ({ status: "connecting", since: Date.now() }),
);

/** @returns {() => void} ends it */
export function followMachines() {
  /** @type {Map<string, Machine>} */
  let current = new Map();
  let isReady = false;
  let isAnnounced = false;
  const tell = () => {
    isAnnounced = false;
    machines.set({ byName: current, version: machines.get().version + 1 });
  };
  // However much comes, it is drawn once a frame.
  const announce = () => {
    if (isAnnounced || !isReady) return;
    isAnnounced = true;
    requestAnimationFrame(tell);
  };
  return follow("/v1/machine-changes", {
    onOpen() {
      // What is shown stays until all that there is now is known.
      current = new Map();
      isReady = false;
    },
    onEvent({ name, data }) {
      if (name === "machine") current.set(data.name, data);
      else if (name === "gone") current.delete(data.name);
      if (name !== "ready") return announce();
      isReady = true;
      connection.set({ status: "live", since: Date.now() });
      tell();
    },
    onLost() {
      if (connection.get().status !== "stale") connection.set({ status: "stale", since: Date.now() });
    },
  });
}

/** As the daemon calls them, problems first. */
export const healths = [
  "faulty",
  "failed",
  "failing",
  "paused",
  "stopped",
  "stopping",
  "waiting",
  "starting",
  "running",
];

/** @param {Machine} machine */
export function isProblem({ health }) {
  return health === "faulty" || health === "failed" || health === "failing" || health === "stopped";
}

/**
 * Problems first, then by name.
 * @param {Iterable<Machine>} all
 */
export function inOrder(all) {
  return [...all].sort(
    (left, right) =>
      healths.indexOf(left.health) - healths.indexOf(right.health) || left.name.localeCompare(right.name),
  );
}
