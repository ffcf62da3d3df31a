/** Notices when the server gives no sign of life for a consumer. */
import type { CancelTimer } from "../../../../lib/clock.ts";
import type { Link } from "../link.ts";

/** After so many heartbeats without a sign the consumer counts as silent. */
const mostMissedHeartbeats = 2.5;

export class Watchdog {
  readonly #link: Link;
  readonly #silent: () => void;
  #heardAt: number;
  #cancel: CancelTimer | undefined;

  /** @param silent called at each heartbeat that is due while the consumer is silent */
  constructor(link: Link, silent: () => void) {
    this.#link = link;
    this.#silent = silent;
    this.#heardAt = link.clock.now();
  }

  heard(): void {
    this.#heardAt = this.#link.clock.now();
  }

  start(): void {
    const { clock, heartbeatMs } = this.#link;
    this.#cancel = clock.after(
      heartbeatMs,
      () => {
        if (clock.now() - this.#heardAt > heartbeatMs * mostMissedHeartbeats) this.#silent();
        this.start();
      },
      { background: true },
    );
  }

  stop(): void {
    this.#cancel?.();
  }
}
