/** Which machines run in this daemon and in which state: how machines see one another. */

export interface RosterEntry {
  readonly name: string;
  readonly state: string;
}

export interface Roster {
  find(name: string): RosterEntry | undefined;
  enter(entry: RosterEntry): void;
  leave(entry: RosterEntry): void;
  /** Calls back after each committed transition of `name`, and when it comes or goes. Returns the undo. */
  follow(name: string, callback: () => void): () => void;
  /** Told by a machine after its state changed. */
  changed(name: string): void;
}

export function createRoster(): Roster {
  const entries = new Map<string, RosterEntry>();
  const followers = new Map<string, Set<() => void>>();
  const changed = (name: string): void => {
    for (const callback of followers.get(name) ?? []) callback();
  };
  return {
    find: (name) => entries.get(name),
    enter(entry) {
      entries.set(entry.name, entry);
      changed(entry.name);
    },
    leave(entry) {
      if (entries.get(entry.name) !== entry) return;
      entries.delete(entry.name);
      changed(entry.name);
    },
    follow(name, callback) {
      const callbacks = followers.get(name) ?? new Set();
      followers.set(name, callbacks.add(callback));
      return () => {
        callbacks.delete(callback);
        if (callbacks.size === 0 && followers.get(name) === callbacks) followers.delete(name);
      };
    },
    changed,
  };
}
