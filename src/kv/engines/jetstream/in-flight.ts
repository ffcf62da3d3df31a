/**
 * Requests that are on their way. They fail when the connection is lost, where the client lets them wait for their time; and
 * there are not too many at once: the time of each would be over before the server has come to it.
 */
import type { NatsConnection } from "nats";

/** A server that answers 50 in a second answers all of these in time; and one that is far away has enough to do. */
const most = 256;

/** The answer went lost with the connection: whether the server did it is not known. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

interface Asked {
  readonly send: () => void;
  readonly fail: (error: Error) => void;
}

export class InFlight {
  /** The connection with requests that `fail` ends. */
  readonly connection: NatsConnection;
  readonly #sent = new Set<Asked>();
  /** In the order in which they were asked. */
  #waiting: Asked[] = [];

  constructor(connection: NatsConnection) {
    const request: NatsConnection["request"] = (...all) => this.#ask(() => connection.request(...all));
    // All else is the connection's own: what is built on it asks for more than its interface shows.
    this.connection = Object.create(connection, { request: { value: request } });
  }

  /** Fails all that have no answer yet. */
  fail(): void {
    const lost = new ConnectionLost("the connection was lost");
    const all = [...this.#sent, ...this.#waiting];
    this.#sent.clear();
    this.#waiting = [];
    for (const { fail } of all) fail(lost);
  }

  #ask<T>(request: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const send = (): void => {
        this.#sent.add(asked);
        void request()
          .then(resolve, reject)
          .finally(() => this.#answered(asked));
      };
      const asked: Asked = { send, fail: reject };
      if (this.#sent.size < most) send();
      else this.#waiting.push(asked);
    });
  }

  /** One that has failed with the connection made room then. */
  #answered(asked: Asked): void {
    if (this.#sent.delete(asked)) this.#waiting.shift()?.send();
  }
}
