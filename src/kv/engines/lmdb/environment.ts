/**
 * The LMDB environment of one directory: ordered byte keys, one writer at a time over all processes, reads that see every
 * commit. Knows nothing of buckets.
 */
import type { Transaction } from "lmdb";
import type { Range } from "./layout.ts";
import { type Database, openDatabase } from "./native/addon.ts";
import { ReadTransaction } from "./native/read-transaction.ts";
import { Writer } from "./native/writer.ts";

/** Look-ups in one state of the database. */
export interface Records {
  /** The bytes are LMDB's own and change with the next look-up: copy what is to stay. */
  get(key: Buffer): Buffer | undefined;
  /** In the order of keys, at most `limit` and about 1 MiB. */
  scan(range: Range, limit: number): Page;
}

/** A part of a range; the buffers are the caller's. */
export interface Page {
  readonly records: readonly { readonly key: Buffer; readonly value: Buffer }[];
  /** Nothing of the range is left beyond it. */
  readonly last: boolean;
}

/** Look-ups see what was written before in the same transaction. */
export interface WritableRecords extends Records {
  /** How many records were put or removed since the environment was opened. */
  readonly written: number;
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
}

/**
 * 16 KiB pages keep values of some 10 KB on one page: with the usual 4 KiB, LMDB searches its free list for runs of pages
 * and slows down as it ages.
 */
const pageSize = 16_384;

/** Copies of large values would fill the memory long before `limit` is reached. */
const mostScannedBytes = 1_048_576;

export class Environment {
  readonly #database: Database;
  readonly #reads: ReadTransaction;
  readonly #writer: Writer;
  readonly #readable: Records;
  readonly #writable: WritableRecords;

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
    this.#readable = recordsIn(this.#database, this.#reads.transaction);
    this.#writable = writableRecordsIn(this.#database);
  }

  /** Changes whenever the event loop went on after a read. */
  get turn(): number {
    return this.#reads.turn;
  }

  /** The newest committed state, of whatever process; valid until the next call, at most until the end of this turn. */
  fresh(): Records {
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

  async close(): Promise<void> {
    this.#reads.close();
    // LMDB's own close would wait for a thread that waits for the lock, without end.
    if (!this.#writer.isIdle) return;
    await this.#database.close();
    this.#writer.close();
  }
}

function writableRecordsIn(database: Database): WritableRecords {
  let written = 0;
  return {
    ...recordsIn(database, undefined),
    get written() {
      return written;
    },
    put(key, value) {
      written++;
      void database.put(key, value);
    },
    remove(key) {
      written++;
      void database.remove(key);
    },
  };
}

/** lmdb-js has the second argument, but does not declare it. */
interface FastReads {
  getBinaryFast(key: Buffer, options: { transaction: Transaction } | undefined): Buffer | undefined;
}

function recordsIn(database: Database, transaction: Transaction | undefined): Records {
  const options = transaction && { transaction };
  const reads: FastReads = database;
  return {
    get: (key) => reads.getBinaryFast(key, options),
    scan(range, limit) {
      const records: { key: Buffer; value: Buffer }[] = [];
      let bytes = 0;
      for (const record of database.getRange({ ...range, ...options })) {
        if (records.length >= limit || bytes >= mostScannedBytes) return { records, last: false };
        records.push(record);
        bytes += record.value.length;
      }
      return { records, last: true };
    },
  };
}
