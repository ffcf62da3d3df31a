/** The connection of one store: made once, kept up for ever, and its end. */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { Msg, MsgHdrs, NatsConnection } from "nats";
import { type Clock, sleep } from "../../../lib/clock.ts";
import { MachinistError, messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/logger.ts";
import type { NatsOptions } from "../../nats-options.ts";
import { connected } from "./connection/connecting.ts";
import { untilReceived } from "./connection/no-responders.ts";
import { usualHeartbeatMs } from "./consumer/config.ts";
import { failure, isWithoutJetStream, withoutJetStream } from "./failures.ts";
import { InFlight } from "./in-flight.ts";
import { loginOf } from "./login.ts";
import { ReconnectPace } from "./reconnect-pace.ts";
import { ServerVersion } from "./server-version.ts";
import { type NatsAddress, parseNatsUrl } from "./url.ts";

export interface LinkOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly nats: NatsOptions;
}

/** Requests are answered within this time, or fail. */
export const answerMs = 5000;
/** What is on its way when the store closes gets so long. */
const drainMs = 5000;

export class Link {
  readonly clock: Clock;
  readonly log: Logger;
  readonly jsm: JetStreamManager;
  /** The JetStream domain that is not the server's own. */
  readonly domain: string | undefined;
  /** Of watches. */
  readonly heartbeatMs: number;
  readonly #connection: NatsConnection;
  readonly #inFlight: InFlight;
  readonly #onReconnect = new Set<() => void>();
  #connected = true;

  private constructor(inFlight: InFlight, jsm: JetStreamManager, options: LinkOptions) {
    this.#connection = inFlight.connection;
    this.#inFlight = inFlight;
    this.jsm = jsm;
    this.clock = options.clock;
    this.log = options.log;
    this.domain = options.nats.domain;
    this.heartbeatMs = options.nats.heartbeatMs ?? usualHeartbeatMs;
  }

  /** @throws INVALID_ARGUMENT (no such URL), FAILED (connection refused), TIMEOUT (silent server), UNSUPPORTED (no JetStream, or too old) */
  static async open(url: string, options: LinkOptions): Promise<Link> {
    const address = parseNatsUrl(url);
    const pace = new ReconnectPace(options.clock);
    const { nats, log } = options;
    const connection = await connected(address, loginOf(address, nats, log), pace);
    try {
      const inFlight = new InFlight(connection);
      const jsm = await jetstreamManager(retrying(inFlight.connection, options.clock), {
        checkAPI: false,
        timeout: answerMs,
        ...(nats.domain && { domain: nats.domain }),
      });
      const link = new Link(inFlight, jsm, options);
      link.version.require("2.9.0", "JetStream key-value buckets");
      await checkJetStream(link, address);
      void link.#follow(pace, address);
      return link;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Of the server that is connected now. */
  get version(): ServerVersion {
    return new ServerVersion(this.#connection.info?.version ?? "0");
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  get connection(): NatsConnection {
    return this.#connection;
  }

  /**
   * Waits until there is a connection, for as long as an answer may take: the client loses what it is given meanwhile.
   * @throws TIMEOUT, when nothing was done
   */
  async ready(): Promise<void> {
    if (this.#connected) return;
    const stop = new AbortController();
    let undo = (): void => undefined;
    const back = new Promise<void>((resolve) => {
      undo = this.onReconnect(resolve);
    });
    await Promise.race([back, sleep(this.clock, answerMs, stop.signal).catch(() => undefined)]);
    undo();
    stop.abort();
    if (this.#connected) return;
    throw new MachinistError(
      "TIMEOUT",
      "the connection to NATS is lost, nothing was done: try again when it is back",
    );
  }

  /** Unlike the client's own publish to JetStream this adds no headers, which would count against the largest payload. */
  request(subject: string, payload: Uint8Array, headers?: MsgHdrs): Promise<Msg> {
    return this.#connection.request(subject, payload, { timeout: answerMs, ...(headers ? { headers } : {}) });
  }

  /** Calls back after each reconnection. @returns undo */
  onReconnect(callback: () => void): () => void {
    this.#onReconnect.add(callback);
    return () => this.#onReconnect.delete(callback);
  }

  async close(): Promise<void> {
    const stop = new AbortController();
    const drained = this.#connection.isClosed() || !this.#connected ? undefined : this.#connection.drain();
    const limit = sleep(this.clock, drainMs, stop.signal).catch(() => undefined);
    await Promise.race([Promise.resolve(drained).catch(() => undefined), limit]);
    stop.abort();
    await this.#connection.close();
  }

  async #follow(pace: ReconnectPace, { shown }: NatsAddress): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === "disconnect") {
        this.#connected = false;
        pace.lost();
        this.#inFlight.fail();
        this.log.warn("the connection to NATS is lost: trying again until it is back", { store: shown });
      }
      if (status.type === "reconnect") {
        this.#connected = true;
        pace.found();
        this.log.info("connected to NATS again", { store: shown, version: this.version.text });
        for (const callback of [...this.#onReconnect]) callback();
      }
      if (status.type === "error") {
        this.log.warn("NATS reports an error", { store: shown, error: messageOf(status.error) });
      }
    }
  }
}

/** For JetStream's API. Writes go by `Link.request`: there nobody may also mean that the bucket is gone. */
function retrying(connection: NatsConnection, clock: Clock): NatsConnection {
  const request: NatsConnection["request"] = (...all) => {
    const send = () => connection.request(...all);
    // A server without JetStream elects no leader.
    return connection.info?.jetstream ? untilReceived(clock, answerMs, send) : send();
  };
  return Object.create(connection, { request: { value: request } });
}

async function checkJetStream(link: Link, { shown }: NatsAddress): Promise<void> {
  try {
    await link.jsm.getAccountInfo();
  } catch (error) {
    if (!isWithoutJetStream(error)) {
      throw failure(error, `asking ${shown} for JetStream`);
    }
    throw withoutJetStream(shown, link.version.text, error);
  }
}
