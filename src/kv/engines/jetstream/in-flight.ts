/** Requests that are on their way: they fail when the connection is lost, where the client lets them wait for their time. */
import type { NatsConnection } from "nats";

/** The answer went lost with the connection: whether the server did it is not known. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

export class InFlight {
  /** The connection with requests that `fail` ends. */
  readonly connection: NatsConnection;
  readonly #waiting = new Set<(error: Error) => void>();

  constructor(connection: NatsConnection) {
    const request: NatsConnection["request"] = (...all) => this.#guarded(connection.request(...all));
    // All else is the connection's own: what is built on it asks for more than its interface shows.
    this.connection = Object.create(connection, { request: { value: request } });
  }

  /** Fails all that have no answer yet. */
  fail(): void {
    const lost = new ConnectionLost("the connection was lost");
    for (const reject of [...this.#waiting]) reject(lost);
  }

  #guarded<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      answer.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }
}
