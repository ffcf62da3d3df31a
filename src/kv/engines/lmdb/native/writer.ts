/**
 * Write transactions of one environment, one at a time, each with a bounded wait for the lock of all processes. Reports who
 * holds the lock when the wait is in vain.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { getSystemErrorMap } from "node:util";
import { breath } from "../../../../lib/breath.ts";
import { sleep, systemClock } from "../../../../lib/clock.ts";
import { addon, type Database } from "./addon.ts";
import { type LockHolder, WriteLock } from "./write-lock.ts";
import { WriteTransaction } from "./write-transaction.ts";

/** How long one holder may keep the lock. */
const limitMs = 5_000;
/**
 * No thread tells us that it has the lock. Alone it has it within some microseconds, so the event loop just goes round at
 * first; beside other writers it naps for less than a timer can; and a stopped holder is looked at slowly.
 */
const eagerMs = 0.5;
const nappingMs = 50;
const napMs = 0.05;
const lookMs = 2;
/** How long an exit waits for the lock. */
const exitLimitMs = 1_000;

export class Writer {
  readonly #database: Database;
  readonly #lock: WriteLock;
  /** A second handle of LMDB's data file. */
  readonly #data: number;
  /** The holder that was seen last, and since when. */
  #seen: { readonly holder: LockHolder; readonly since: number } | undefined;
  #current: WriteTransaction | undefined;
  /** Set when a transaction could not begin: lmdb-js never begins another one in this environment. */
  #broken: unknown;

  constructor(database: Database, place: string) {
    this.#database = database;
    this.#lock = new WriteLock(place);
    this.#data = openSync(join(place, "data.mdb"), "r+");
  }

  /**
   * Runs `work` in a write transaction; what it throws undoes all of it. `signal` ends the wait for the lock.
   * @returns when the commit is on disk
   * @throws TIMEOUT with the pid of the process that holds the lock
   */
  async run<T>(work: () => T, signal?: AbortSignal): Promise<T> {
    if (this.#broken !== undefined) throw this.#broken;
    this.probe();
    if (!(await this.#othersGoOn(signal))) throw this.#lock.heldTooLong(limitMs);
    const deadline = systemClock.monotonic() + limitMs;
    if (!(await until(() => this.#current === undefined, deadline, signal))) {
      throw this.#lock.heldTooLong(limitMs);
    }
    const transaction = this.#begin();
    if (!(await until(() => transaction.hasBegun || transaction.hasEnded, deadline))) {
      transaction.finish();
      throw this.#lock.heldTooLong(limitMs);
    }
    if (!transaction.hasBegun) {
      this.#broken = failureOf(await transaction.ended);
      throw this.#broken;
    }
    const outcome = outcomeOf(() => transaction.perform(work));
    pending.delete(transaction);
    const status = await transaction.ended;
    if (status !== 0) throw failureOf(status);
    return outcome();
  }

  /**
   * Writes nothing to the data file: refused when its file system is read-only. LMDB would print that to stderr for each
   * commit. @throws what the file system says
   */
  probe(): void {
    writeSync(this.#data, nothing, 0, 0, 0);
  }

  /** True unless a transaction waits for a lock that another process does not release; then LMDB cannot be closed. */
  get isIdle(): boolean {
    return this.#current === undefined && this.#broken === undefined;
  }

  /** After LMDB has closed the store. */
  close(): void {
    this.#lock.close();
    closeSync(this.#data);
  }

  /**
   * Resolves when the lock is free or was passed on, which means that its holders are alive. A thread that waits for it
   * cannot be called back, so none is started before.
   */
  async #othersGoOn(signal: AbortSignal | undefined): Promise<boolean> {
    const holder = this.#lock.holder();
    if (!holder) return true;
    const since =
      this.#seen && isSame(this.#seen.holder, holder) ? this.#seen.since : systemClock.monotonic();
    this.#seen = { holder, since };
    return until(() => !isSame(this.#lock.holder(), holder), since + limitMs, signal);
  }

  #begin(): WriteTransaction {
    const transaction = new WriteTransaction(this.#database);
    this.#current = transaction;
    guardExit(transaction, this.#lock);
    void transaction.ended.then(() => {
      this.#current = undefined;
      pending.delete(transaction);
    });
    return transaction;
  }
}

/** Calls it now; the result returns or throws what came of it. */
function outcomeOf<T>(work: () => T): () => T {
  try {
    const value = work();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function isSame(one: LockHolder | undefined, other: LockHolder): boolean {
  return one?.thread === other.thread && one.transaction === other.transaction;
}

/** @returns false when the deadline came first @throws the signal's reason */
async function until(reached: () => boolean, deadline: number, signal?: AbortSignal): Promise<boolean> {
  const start = systemClock.monotonic();
  for (;;) {
    signal?.throwIfAborted();
    if (reached()) return true;
    const now = systemClock.monotonic();
    if (now >= deadline) return false;
    const waited = now - start;
    if (waited > nappingMs) await sleep(systemClock, lookMs);
    else await breath();
    if (waited > eagerMs && waited <= nappingMs) nap(napMs);
  }
}

const nothing = Buffer.alloc(0);
const never = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
function nap(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}

function failureOf(status: number): Error {
  let failure = new Error(`LMDB failed with code ${status}`);
  try {
    addon.lmdbError(status);
  } catch (error) {
    if (error instanceof Error) failure = error;
  }
  // LMDB adds what it wrote where, with bytes that cannot be printed.
  const [, message] = getSystemErrorMap().get(-status) ?? [];
  return message === undefined ? failure : Object.assign(new Error(message), { code: status });
}

/** Transactions whose part of this thread is still to be done, with the lock that they wait for. */
const pending = new Map<WriteTransaction, WriteLock>();
let isGuarded = false;

/** Node waits for its threads when it exits: they must be told that nothing more comes. */
function guardExit(transaction: WriteTransaction, lock: WriteLock): void {
  pending.set(transaction, lock);
  if (isGuarded) return;
  isGuarded = true;
  process.on("exit", finishPending);
}

function finishPending(): void {
  const deadline = systemClock.monotonic() + exitLimitMs;
  for (const [transaction, lock] of pending) {
    transaction.finish();
    while (!transaction.hasBegun && lock.holder() !== undefined) {
      if (systemClock.monotonic() > deadline) {
        writeSync(2, `machinist: ${lock.heldTooLong(exitLimitMs).message}\n`);
        process.kill(process.pid, "SIGKILL");
      }
      nap(lookMs);
    }
  }
}
