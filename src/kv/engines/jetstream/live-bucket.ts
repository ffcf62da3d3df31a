/** One bucket as this store knows it: the same from creation to destruction, shared by all its handles and watches. */
import type { StreamInfo } from "@nats-io/jetstream";
import type { CancelTimer } from "../../../lib/clock.ts";
import { MachinistError } from "../../../lib/errors.ts";
import { bucketNotFound } from "../../failures.ts";
import type { BucketConfig } from "../../store.ts";
import { LostConsumers, type ServedBy } from "./consumer/lost.ts";
import { failure, readOnly } from "./failures.ts";
import { Gate } from "./gate.ts";
import type { Link } from "./link.ts";
import { isReadOnly, streamOf, toBucketConfig } from "./stream-config.ts";
import { Subjects } from "./subjects.ts";

/** So old may the knowledge be that the bucket is still the same one, made by whoever. */
const trustMs = 2000;
const pollMs = 5000;
/** What watches have still to receive before entries are removed under them gets so long. */
const catchUpMs = 2000;

/** Ends when the bucket is gone. */
export interface Follower {
  finish(error: Error): void;
  /** Waits until it has what is there now, not longer than so. */
  caughtUp(limitMs: number): Promise<void>;
  /** The consumer that feeds it now. */
  readonly servedBy: ServedBy | undefined;
  /** This consumer delivers nothing more: go on with another. */
  replace(lost: ServedBy): void;
}

export class LiveBucket {
  readonly name: string;
  readonly stream: string;
  readonly gate = new Gate();
  readonly subjects: Subjects;
  /** Any replica may be asked for an entry. Others may have made the bucket without that. */
  readonly allowsDirect: boolean;
  readonly #link: Link;
  /** Tells a bucket from one that was made later under the same name. */
  readonly #created: string;
  readonly #followers = new Set<Follower>();
  readonly #lostConsumers: LostConsumers;
  #config: BucketConfig;
  #isReadOnly: boolean;
  #gone = false;
  #seenAt: number;
  #looking: Promise<unknown> | undefined;
  #cancelPoll: CancelTimer | undefined;

  constructor(name: string, info: StreamInfo, link: Link) {
    this.name = name;
    this.stream = streamOf(name);
    this.#link = link;
    this.#lostConsumers = new LostConsumers(link, this.stream);
    this.#created = info.created;
    this.allowsDirect = info.config.allow_direct;
    this.#config = toBucketConfig(name, info, link.version);
    this.#isReadOnly = isReadOnly(info);
    this.subjects = new Subjects(name, this.#config, link.domain);
    this.#seenAt = link.clock.now();
  }

  get config(): BucketConfig {
    return this.#config;
  }

  isOf(info: StreamInfo): boolean {
    return !this.#gone && info.created === this.#created;
  }

  /** Asks the server. @throws BUCKET_NOT_FOUND when it is gone, or another has taken its name */
  async look(): Promise<StreamInfo> {
    this.checkThere();
    let info: StreamInfo;
    try {
      await this.#link.ready();
      info = await this.#link.jsm.streams.info(this.stream);
    } catch (error) {
      throw this.failed(error, `reading bucket ${this.name}`);
    }
    this.learn(info);
    return info;
  }

  /** Takes over what the server has just told. @throws BUCKET_NOT_FOUND when it is about another bucket of this name */
  learn(info: StreamInfo): void {
    if (info.created !== this.#created) this.vanish();
    this.checkThere();
    this.#config = toBucketConfig(this.name, info, this.#link.version);
    this.#isReadOnly = isReadOnly(info);
    this.#seenAt = this.#link.clock.now();
  }

  /** Looks when that was not done lately. @throws BUCKET_NOT_FOUND */
  async verify(): Promise<void> {
    this.checkThere();
    if (this.#link.clock.now() - this.#seenAt < trustMs) return;
    this.#looking ??= this.look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  get isTrusted(): boolean {
    return this.#link.clock.now() - this.#seenAt < trustMs;
  }

  /** @throws BUCKET_NOT_FOUND, UNSUPPORTED for a bucket that only its sources fill */
  checkWritable(): void {
    this.checkThere();
    if (this.#isReadOnly) throw readOnly(this.name, this.#config.sources);
  }

  /** @throws BUCKET_NOT_FOUND */
  checkThere(): void {
    if (this.#gone) throw bucketNotFound(this.name);
  }

  /** What was thrown as ours; when it says that the bucket is gone, all its followers hear of it. */
  failed(thrown: unknown, what: string): Error {
    const error = failure(thrown, what, this.name);
    if (error instanceof MachinistError && error.code === "BUCKET_NOT_FOUND") this.vanish();
    return error;
  }

  /** It is gone for good. */
  vanish(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#cancelPoll?.();
    for (const follower of [...this.#followers]) follower.finish(bucketNotFound(this.name));
  }

  /** Waits until all its followers have what is there now. */
  async caughtUp(): Promise<void> {
    await Promise.all([...this.#followers].map((follower) => follower.caughtUp(catchUpMs)));
  }

  /** Tells it when the bucket is gone. @returns undo */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    if (this.#followers.size === 1) this.#pollLater();
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#cancelPoll?.();
    };
  }

  /** Looks now, because something hints that the bucket may be gone or another. */
  check(): void {
    if (this.#gone) return;
    // What fails here without being gone is told to those who ask; the next poll asks again.
    this.look().catch(() => undefined);
  }

  /** Looks whether the bucket is still there and its consumers can deliver: one look for all of them. */
  async #poll(): Promise<void> {
    const served = [...this.#followers].map((follower) => ({ follower, by: follower.servedBy }));
    const lost = await this.#lostConsumers.find(await this.look());
    for (const { follower, by } of served) if (by && lost(by)) follower.replace(by);
  }

  /** A consumer that is gone, or whose stream or node is, falls silent without a word. */
  #pollLater(): void {
    this.#cancelPoll?.();
    const waitMs = pollMs * (0.75 + Math.random() / 2);
    this.#cancelPoll = this.#link.clock.after(
      waitMs,
      () => {
        if (this.#gone || this.#followers.size === 0) return;
        // What fails without the bucket being gone is asked again the next time.
        if (this.#link.isConnected) this.#poll().catch(() => undefined);
        this.#pollLater();
      },
      { background: true },
    );
  }
}
