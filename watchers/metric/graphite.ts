/** Sends measurements to Graphite: its line protocol over TCP, `name value unix-seconds`. */
import { connect } from "node:net";

export interface GraphiteTarget {
  readonly host: string;
  readonly port: number;
  readonly prefix: string;
}

const patienceMs = 2_000;

export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536;
}

/** Resolves when all of it is handed over. @throws Error saying why not; the signal's reason */
export function sendToGraphite(
  { host, port, prefix }: GraphiteTarget,
  metrics: Readonly<Record<string, number>>,
  { atMs, signal }: { readonly atMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const seconds = Math.floor(atMs / 1000);
  const lines = Object.entries(metrics).map(
    ([name, value]) => `${nameOf(`${prefix}.${name}`)} ${value} ${seconds}\n`,
  );
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.setTimeout(patienceMs, () => {
      socket.destroy(new Error(`${host}:${port} did not take it within 2s`));
    });
    // What it might answer is not wanted. It closes when it has read everything, or the patience ends that.
    socket.resume();
    socket.on("error", reject);
    socket.end(lines.join(""), resolve);
  });
}

/** A space or a line's end in a name would begin another field or another line. */
function nameOf(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, "_");
}
