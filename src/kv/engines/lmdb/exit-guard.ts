/**
 * Keeps a process from hanging when it exits amid a write. Until our part of a transaction has run, LMDB's thread holds the
 * lock of all processes and waits for this one's event loop; `process.exit` (also after an uncaught exception) stops the
 * loop and then waits for the thread. The only way out is to die as by SIGKILL, which LMDB is made for.
 */
const awaited = new Set<symbol>();
let installed = false;

/** From now on until `release`, an exit of the process kills it instead. */
export function guardExit(): { release(): void } {
  if (!installed) {
    installed = true;
    process.on("exit", dieIfAwaited);
  }
  const mark = Symbol("write");
  awaited.add(mark);
  return { release: () => void awaited.delete(mark) };
}

function dieIfAwaited(): void {
  if (awaited.size > 0) process.kill(process.pid, "SIGKILL");
}
