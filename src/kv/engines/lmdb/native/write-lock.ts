/**
 * Who holds LMDB's write lock. LMDB's lock file is a memory map of all processes that use a store; on Linux its mutexes hold
 * the id of the owning thread. Where they look otherwise (musl, macOS) the holder is unknown.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { MachinistError } from "../../../../lib/errors.ts";

/** Offsets in LMDB's lock file; the mutex begins at the first cache line after the header. */
const transactionAt = 8;
const mutexAt = process.arch === "arm64" ? 128 : 64;
const ownerAt = mutexAt + 8;
const threadIdMask = 0x3fff_ffff;

/** One hold of the lock: another transaction of the same thread is another one. */
export interface LockHolder {
  readonly thread: number;
  /** The last transaction that was committed before. */
  readonly transaction: bigint;
}

export class WriteLock {
  readonly #place: string;
  readonly #file: number;
  readonly #bytes = Buffer.alloc(ownerAt + 4);

  /** To be opened after LMDB has opened the store and closed after LMDB has closed it: a close drops LMDB's file locks. */
  constructor(place: string) {
    this.#place = place;
    this.#file = openSync(join(place, "lock.mdb"), "r");
  }

  /** @returns undefined when nobody holds it, or when that cannot be known */
  holder(): LockHolder | undefined {
    if (process.platform !== "linux") return undefined;
    readSync(this.#file, this.#bytes, 0, this.#bytes.length, 0);
    const thread = this.#bytes.readUInt32LE(mutexAt) & threadIdMask;
    if (thread === 0 || thread !== this.#bytes.readUInt32LE(ownerAt)) return undefined;
    return { thread, transaction: this.#bytes.readBigUInt64LE(transactionAt) };
  }

  /** The error for a write that waited for `limitMs` in vain. */
  heldTooLong(limitMs: number): MachinistError {
    const holder = this.holder();
    const process = holder && processOf(holder.thread);
    return new MachinistError("TIMEOUT", textOf(this.#place, limitMs, process), {
      details: { place: this.#place, ...(process ? { pid: process.pid } : {}) },
    });
  }

  close(): void {
    closeSync(this.#file);
  }
}

interface Process {
  readonly pid: number;
  /** By SIGSTOP or a debugger. */
  readonly isStopped: boolean;
}

function textOf(place: string, limitMs: number, process: Process | undefined): string {
  const who = process
    ? `process ${process.pid}${process.isStopped ? " (stopped)" : ""}`
    : "another process, which this system does not name,";
  const advice = process?.isStopped
    ? `Resume it with \`kill -CONT ${process.pid}\` or end it`
    : "Wait for it or end it";
  return (
    `cannot write to the store in ${place}: ${who} holds its write lock for more than ${limitMs / 1000} s; ` +
    `expected it to be released. ${advice}, then repeat`
  );
}

function processOf(thread: number): Process | undefined {
  try {
    const status = readFileSync(`/proc/${thread}/status`, "utf8");
    const pid = Number(/^Tgid:\s*(\d+)/m.exec(status)?.[1]);
    return { pid, isStopped: /^State:\s*[Tt]/m.test(status) };
  } catch {
    // A process of another container is not visible here.
    return undefined;
  }
}
