/**
 * One read transaction that moves to the newest commit for the price of a look-up. lmdb-js moves its own only once per
 * timer turn, and asking it to (`resetReadTxn`) starts a timer each time, three times the cost of the read.
 */
import type { Transaction } from "lmdb";
import { addon, type Database, environmentOf, type NativeTransaction } from "./addon.ts";

/** MDB_RDONLY of lmdb.h. */
const readOnly = 0x20000;

export class ReadTransaction {
  /** For the `transaction` option of look-ups. */
  readonly transaction: Transaction;
  readonly #own: NativeTransaction;
  #turn = 0;
  #held = false;
  #closed = false;

  constructor(database: Database) {
    this.#own = new addon.Txn(environmentOf(database), readOnly);
    this.transaction = this.#own;
    this.#reset();
  }

  /** Grows by one whenever the event loop went on after a read. */
  get turn(): number {
    return this.#turn;
  }

  /** The next look-up sees the newest commit, and those after it the same one. */
  renew(): void {
    if (this.#closed) throw new Error("read after close");
    this.#reset();
    if (this.#held) return;
    this.#held = true;
    // A snapshot that is held keeps LMDB from reusing pages: an idle process must hold none.
    setImmediate(() => this.#release());
  }

  close(): void {
    this.#closed = true;
    this.#own.abort();
  }

  #release(): void {
    this.#held = false;
    this.#turn++;
    if (!this.#closed) this.#reset();
  }

  #reset(): void {
    addon.resetTxn(this.#own.address);
  }
}
