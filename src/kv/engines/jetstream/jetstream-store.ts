/** The store of one caller on NATS JetStream: its connection, its handles, its watches, its end. */
import { Backoff } from "../../../lib/backoff.ts";
import { sleep } from "../../../lib/clock.ts";
import { checkBucketConfig } from "../../config.ts";
import { storeClosed } from "../../failures.ts";
import type { Messages } from "../../messages.ts";
import { validateBucketName } from "../../names.ts";
import type { Bucket, BucketConfig, BucketStatus, Store } from "../../store.ts";
import { Buckets, removalMs } from "./buckets.ts";
import { editBucket } from "./editing.ts";
import { failure } from "./failures.ts";
import { JetStreamBucket } from "./jetstream-bucket.ts";
import { Link, type LinkOptions } from "./link.ts";
import type { LiveBucket } from "./live-bucket.ts";
import { PlainMessages } from "./plain-messages.ts";
import { statusOf } from "./status.ts";
import { bucketOf } from "./stream-config.ts";
import { onStreamHint } from "./stream-hints.ts";
import type { StreamWatch } from "./stream-watch.ts";
import { openWaiting } from "./waiting-store.ts";

/** A bucket that is made later is noticed after this at the latest, and mostly at once. */
const longestLookMs = 2000;

/** Opens the store on a NATS server, or one that waits for it. @throws as Link.open; when it waits, only what waiting cannot cure */
export async function openJetStreamStore(
  url: string,
  options: LinkOptions & { readonly waitForServer: boolean },
): Promise<Store> {
  const open = async (): Promise<Store> => new JetStreamStore(await Link.open(url, options));
  return options.waitForServer ? openWaiting(open, options) : open();
}

class JetStreamStore implements Store {
  readonly messages: Messages;
  readonly #link: Link;
  readonly #buckets: Buckets;
  readonly #watches = new Set<StreamWatch>();
  /** Aborted when the store closes. */
  readonly #closing = new AbortController();
  /** Woken by hints that a bucket may have been made. */
  readonly #waiting = new Map<() => void, string>();
  /** Work that was accepted before the store closes. */
  readonly #accepted = new Set<LiveBucket>();
  #closed: Promise<void> | undefined;

  constructor(link: Link) {
    this.#link = link;
    this.#buckets = new Buckets(link);
    this.messages = new PlainMessages(link, this.#closing.signal);
    onStreamHint(link, (stream) => {
      this.#buckets.hint(stream);
      for (const [wake, name] of [...this.#waiting]) if (stream === `KV_${name}`) wake();
    });
    link.onReconnect(() => {
      this.#buckets.checkAll();
      for (const wake of [...this.#waiting.keys()]) wake();
    });
  }

  async createBucket(name: string, config?: Partial<BucketConfig>): Promise<Bucket> {
    this.#checkOpen();
    validateBucketName(name);
    const full = checkBucketConfig(config);
    return this.#handle(await this.#buckets.create(name, full));
  }

  async editBucket(name: string, changes: Partial<BucketConfig>): Promise<BucketStatus> {
    this.#checkOpen();
    validateBucketName(name);
    const info = await editBucket(this.#link, await this.#buckets.open(name), changes);
    return statusOf(name, info, this.#link.version);
  }

  async openBucket(name: string): Promise<Bucket> {
    this.#checkOpen();
    validateBucketName(name);
    return this.#handle(await this.#buckets.open(name));
  }

  async whenBucketExists(name: string, signal: AbortSignal): Promise<void> {
    this.#checkOpen();
    validateBucketName(name);
    signal.throwIfAborted();
    const ending = AbortSignal.any([signal, this.#closing.signal]);
    const backoff = new Backoff(longestLookMs);
    while (!(await this.#isThere(name))) {
      ending.throwIfAborted();
      const woken = new AbortController();
      const wake = (): void => woken.abort();
      this.#waiting.set(wake, name);
      const either = AbortSignal.any([ending, woken.signal]);
      await sleep(this.#link.clock, backoff.next(Math.random()), either).catch(() => undefined);
      this.#waiting.delete(wake);
      ending.throwIfAborted();
    }
  }

  async listBuckets(): Promise<BucketStatus[]> {
    this.#checkOpen();
    const statuses: BucketStatus[] = [];
    try {
      await this.#link.ready();
      for await (const info of this.#link.jsm.streams.list()) {
        const name = bucketOf(info);
        if (name !== undefined) statuses.push(statusOf(name, info, this.#link.version));
      }
    } catch (error) {
      throw failure(error, "listing buckets");
    }
    return statuses.sort((left, right) => (left.bucket < right.bucket ? -1 : 1));
  }

  async destroyBucket(name: string): Promise<void> {
    this.#checkOpen();
    validateBucketName(name);
    const bucket = await this.#buckets.open(name);
    await bucket.gate.hold((before) => this.#destroy(bucket, before));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closing.abort(storeClosed());
    for (const watch of [...this.#watches]) watch.finish(storeClosed());
    await Promise.all([...this.#accepted].map((bucket) => bucket.gate.written()));
    await this.#link.close();
  }

  async #destroy(bucket: LiveBucket, before: Promise<void>): Promise<void> {
    await before;
    await bucket.caughtUp();
    try {
      await this.#link.jsm.streams.delete(bucket.stream);
    } catch (error) {
      throw bucket.failed(error, `destroying bucket ${bucket.name}`);
    }
    this.#buckets.forget(bucket);
    await sleep(this.#link.clock, removalMs);
  }

  async #isThere(name: string): Promise<boolean> {
    if (!this.#link.isConnected) return false;
    try {
      return (await this.#buckets.find(name)) !== undefined;
    } catch (error) {
      this.#checkOpen();
      this.#link.log.debug("cannot look for a bucket, trying again", { bucket: name, error: String(error) });
      return false;
    }
  }

  #handle(bucket: LiveBucket): JetStreamBucket {
    this.#accepted.add(bucket);
    return new JetStreamBucket(bucket, {
      link: this.#link,
      watches: this.#watches,
      checkOpen: () => this.#checkOpen(),
    });
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw storeClosed();
  }
}
