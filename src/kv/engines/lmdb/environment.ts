/**
 * The LMDB environment of one directory: ordered byte keys, one writer at a time over all processes, reads that see every
 * commit. Knows nothing of buckets.
 */
import type { Transaction } from "lmdb";
import {
  CheckedRecords,
  type RawRecords,
  storedForm,
  type WritableRecords,
} from "./integrity/checked-records.ts";
import { type Database, openDatabase } from "./native/addon.ts";
import { ReadTransaction } from "./native/read-transaction.ts";
import { Writer } from "./native/writer.ts";

export type { Records, WritableRecords } from "./integrity/checked-records.ts";

/**
 * 16 KiB pages keep values of some 10 KB on one page: with the usual 4 KiB, LMDB searches its free list for runs of pages
 * and slows down as it ages.
 */
const pageSize = 16_384;

export class Environment {
  readonly #database: Database;
  readonly #reads: ReadTransaction;
  readonly #writer: Writer;
  readonly #raw: RawRecords;
  readonly #readable: CheckedRecords;
  readonly #writable: CheckedWrites;

  /** @throws what LMDB says when the directory cannot be used */
  constructor(directory: string) {
    this.#database = openDatabase({
      path: directory,
      // Else a directory with a dot in its name is taken for a file.
      noSubdir: false,
      pageSize,
      // On, a process dies of MDB_PANIC after another writer was killed. Off, a commit is on disk when it resolves.
      overlappingSync: false,
      maxDbs: 1,
      encoding: "binary",
      keyEncoding: "binary",
    });
    this.#reads = new ReadTransaction(this.#database);
    this.#writer = new Writer(this.#database, directory);
    this.#raw = rawRecordsIn(this.#database, this.#reads.transaction);
    this.#readable = new CheckedRecords(this.#raw, directory);
    this.#writable = new CheckedWrites(this.#database, directory);
  }

  /** Changes whenever the event loop went on after a read. */
  get turn(): number {
    return this.#reads.turn;
  }

  /** The newest committed state, of whatever process; valid until the next call, at most until the end of this turn. */
  fresh(): CheckedRecords {
    this.#reads.renew();
    return this.#readable;
  }

  /**
   * Runs `work` in a write transaction; what it throws undoes all of it. `signal` ends the wait for the lock.
   * @returns when the commit is on disk @throws TIMEOUT with the pid of the process that holds the lock
   */
  write<T>(work: (records: WritableRecords) => T, signal?: AbortSignal): Promise<T> {
    return this.#writer.run(() => work(this.#writable), signal);
  }

  /** Writes one committed state into an empty directory, without its free pages. */
  copyTo(directory: string): Promise<void> {
    return this.#database.backup(directory, true);
  }

  /** @throws what the file system says when the data file cannot be written */
  probe(): void {
    this.#writer.probe();
  }

  /** The newest committed state with its checksums, unchecked: for what examines or converts a store. */
  freshRaw(): RawRecords {
    this.#reads.renew();
    return this.#raw;
  }

  /** As `write`, for records of a store whose records have no checksums yet. */
  writeRaw<T>(work: (raw: RawRecords, records: WritableRecords) => T): Promise<T> {
    return this.#writer.run(() => work(this.#writable.raw, this.#writable));
  }

  async close(): Promise<void> {
    this.#reads.close();
    // LMDB's own close would wait for a thread that waits for the lock, without end.
    if (!this.#writer.isIdle) return;
    await this.#database.close();
    this.#writer.close();
  }
}

class CheckedWrites extends CheckedRecords implements WritableRecords {
  readonly raw: RawRecords;
  written = 0;
  readonly #database: Database;

  constructor(database: Database, place: string) {
    const raw = rawRecordsIn(database, undefined);
    super(raw, place);
    this.raw = raw;
    this.#database = database;
  }

  put(key: Buffer, value: Buffer): void {
    this.written++;
    void this.#database.put(key, storedForm(key, value));
  }

  remove(key: Buffer): void {
    this.written++;
    void this.#database.remove(key);
  }
}

/** lmdb-js has the second argument, but does not declare it. */
interface FastReads {
  getBinaryFast(key: Buffer, options: { transaction: Transaction } | undefined): Buffer | undefined;
}

function rawRecordsIn(database: Database, transaction: Transaction | undefined): RawRecords {
  const options = transaction && { transaction };
  const reads: FastReads = database;
  return {
    get: (key) => reads.getBinaryFast(key, options),
    from: (start, back) => database.getRange({ start, reverse: back !== undefined, ...options }),
  };
}
