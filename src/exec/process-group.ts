/** Signals to whole process groups: a command and everything it started that did not leave its group. */

/** Sends the signal to every process of the group; harmless when none is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  send(leader, signal);
}

/** Whether the group has processes, zombies included. */
export function groupExists(leader: number): boolean {
  return send(leader, 0);
}

function send(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
