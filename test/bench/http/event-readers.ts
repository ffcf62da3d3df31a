/** Many readers of `/v1/events`, each on a socket of its own, that note what came and when. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { requestOf } from "./load.ts";

/** So long after the last event nothing more is under way. */
const quietMs = 500;

export class EventReaders implements Disposable {
  /** From an event's time to its reader, in ms, of all that came to all. */
  readonly latencies: number[] = [];
  received = 0;
  /** Events whose number is not the one after the reader's last. */
  disordered = 0;
  readonly #sockets: Socket[] = [];
  #lastAt = 0;

  /** Resolves when each has the head of its answer. */
  static async open(port: number, count: number): Promise<EventReaders> {
    const made = new EventReaders();
    const request = requestOf({ port }, { method: "GET", path: "/v1/events" });
    for (let index = 0; index < count; index++) {
      const socket = connect(port, "127.0.0.1");
      made.#sockets.push(socket);
      socket.write(request);
      const [head] = (await once(socket, "data")) as [Buffer];
      if (!head.includes("HTTP/1.1 200")) throw new Error(`a reader of events was refused: ${head}`);
      made.#follow(socket);
    }
    return made;
  }

  /** Resolves when no event has come for a while. */
  async quiet(): Promise<void> {
    this.#lastAt = Date.now();
    while (Date.now() - this.#lastAt < quietMs)
      await new Promise((resolve) => setTimeout(resolve, quietMs / 5));
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #follow(socket: Socket): void {
    let waiting = "";
    let last = 0;
    socket.on("data", (chunk) => {
      const now = Date.now();
      this.#lastAt = now;
      waiting += chunk.toString("latin1");
      const end = waiting.lastIndexOf("\n\n");
      if (end < 0) return;
      for (const [, id, time = ""] of waiting
        .slice(0, end)
        .matchAll(/^id: \w+-(\d+)\n.*?"time":"([^"]+)"/gm)) {
        this.received++;
        if (last > 0 && Number(id) !== last + 1) this.disordered++;
        last = Number(id);
        this.latencies.push(now - Date.parse(time));
      }
      waiting = waiting.slice(end + 2);
    });
  }
}
