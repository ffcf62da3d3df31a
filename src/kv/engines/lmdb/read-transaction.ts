/**
 * One read transaction that moves to the newest commit for the price of a look-up. lmdb-js moves its own only once per
 * timer turn, and asking it to (`resetReadTxn`) starts a timer each time, three times the cost of the read. So this file
 * reaches for what lmdb-js exports but does not declare; the version is pinned, and a change is told at the start.
 */
import * as lmdb from "lmdb";

interface NativeTransaction extends lmdb.Transaction {
  readonly address: number;
  abort(): void;
}

interface Native {
  readonly Txn: new (environment: unknown, flags: number) => NativeTransaction;
  resetTxn(address: number): void;
}

/** MDB_RDONLY of lmdb.h. */
const readOnly = 0x20000;

export class ReadTransaction {
  /** For the `transaction` option of look-ups. */
  readonly transaction: lmdb.Transaction;
  readonly #native: Native;
  readonly #own: NativeTransaction;
  #turn = 0;
  #held = false;
  #closed = false;

  constructor(database: lmdb.RootDatabase<Buffer, Buffer>) {
    const native = "nativeAddon" in lmdb ? lmdb.nativeAddon : undefined;
    if (!isNative(native) || !("env" in database))
      throw new Error("this version of lmdb-js is not the one known");
    this.#native = native;
    this.#own = new native.Txn(database.env, readOnly);
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
    this.#native.resetTxn(this.#own.address);
  }
}

function isNative(value: unknown): value is Native {
  return typeof value === "object" && value !== null && "Txn" in value && "resetTxn" in value;
}
