/**
 * One write transaction in a thread of lmdb-js. The thread is given a block of instructions that is left open until our part
 * is done. So the event loop never waits for the lock or for the disk; and unlike the transactions of lmdb-js, the thread
 * does not wait for a callback from the event loop, so the process can exit at any time.
 */
import { addon, type Database, environmentOf, inWriteTransaction } from "./addon.ts";

/** Of lmdb-js: instructions, and the flag that the thread sets on one that it has followed. */
const startBlock = 1;
const blockEnd = 2;
const followed = 0x100_0000;

/** In 32-bit words. Zeros stand before it, because the thread writes there, and after it: no further instruction. */
const startAt = 2;
const endAt = 4;
const bufferBytes = 64;

export class WriteTransaction {
  /** Resolves after the commit with 0, else with a code of errno.h or lmdb.h. */
  readonly ended: Promise<number>;
  readonly #database: Database;
  readonly #instructions = new Int32Array(new SharedArrayBuffer(bufferBytes));
  #hasEnded = false;

  /** Queues it; the thread then waits for the lock. */
  constructor(database: Database) {
    this.#database = database;
    this.#instructions[startAt] = startBlock;
    const address = addon.getBufferAddress(Buffer.from(this.#instructions.buffer));
    this.ended = new Promise((resolve) => {
      environmentOf(database).startWriting(address + startAt * 4, (status) => {
        // The closure also keeps the instructions in memory.
        this.#hasEnded = true;
        resolve(status);
      });
    });
  }

  /** The thread holds the lock. */
  get hasBegun(): boolean {
    return (Atomics.load(this.#instructions, startAt) & followed) !== 0;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** To be called once it has begun. What `work` throws undoes it, and the transaction commits nothing. */
  perform<T>(work: () => T): T {
    try {
      return inWriteTransaction(this.#database, work);
    } finally {
      this.finish();
    }
  }

  /** Nothing more is written: the thread commits as soon as it has the lock. */
  finish(): void {
    if (this.#hasEnded) return;
    Atomics.or(this.#instructions, endAt, blockEnd);
    addon.write(environmentOf(this.#database).address, 0);
  }
}
