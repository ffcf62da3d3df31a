/**
 * The parts of lmdb-js that it exports but does not declare, and how a database is opened with them. The version is pinned,
 * and a change is reported when a store is opened.
 */
import * as lmdb from "lmdb";

export type Database = lmdb.RootDatabase<Buffer, Buffer>;

export interface NativeTransaction extends lmdb.Transaction {
  readonly address: number;
  abort(): void;
}

/** The handle of one open environment. */
export interface NativeEnvironment {
  readonly address: number;
  /**
   * Begins a write transaction in a thread of the pool, which follows the instructions at this address and commits.
   * @param ended called with 0 after the commit, else with the code of errno.h or lmdb.h
   */
  startWriting(instructions: number, ended: (status: number) => void): void;
}

export interface Addon {
  readonly Txn: new (environment: unknown, flags: number) => NativeTransaction;
  resetTxn(address: number): void;
  getBufferAddress(bytes: Uint8Array): number;
  /** With 0 as instructions: wakes up the thread that waits for more of them. */
  write(environment: number, instructions: number): void;
  /** @throws what the code means */
  lmdbError(status: number): void;
}

const neededNames = ["Txn", "resetTxn", "getBufferAddress", "write", "lmdbError"];

export const addon: Addon = addonOf("nativeAddon" in lmdb ? lmdb.nativeAddon : undefined);

/**
 * Opens the database of a directory without waiting for other processes: lmdb-js itself takes the write lock to open one,
 * and waits for its holder however long that takes.
 */
export function openDatabase(options: lmdb.RootDatabaseOptionsWithPath): Database {
  const Opened: unknown = lmdb.openAsClass<Buffer, Buffer>(options);
  if (!isDatabaseClass(Opened)) throw unknownVersion();
  class LocklessDatabase extends Opened {
    declare readonly db: unknown;

    override transactionSync<T>(work: () => T, flags?: number): T {
      if (this.db) return super.transactionSync(work, flags);
      // What lmdb-js does in its read-only mode.
      this.resetReadTxn();
      this.ensureReadTxn();
      return work();
    }
  }
  return new LocklessDatabase(null, { ...options, isRoot: true });
}

/** Runs `work` in the write transaction that the environment has begun; what it throws undoes all of it. */
export function inWriteTransaction<T>(database: Database, work: () => T): T {
  return (database as OpenedDatabase).transactionSync(work, abortable);
}

export function environmentOf(database: Database): NativeEnvironment {
  if (!("env" in database)) throw unknownVersion();
  return database.env as NativeEnvironment;
}

/** Of lmdb-js: begin a child of the transaction that is there, so that it can be undone. */
const abortable = 1;

interface OpenedDatabase extends Database {
  transactionSync<T>(work: () => T, flags?: number): T;
  resetReadTxn(): void;
  ensureReadTxn(): void;
}

type DatabaseClass = new (name: null, options: object) => OpenedDatabase;

function isDatabaseClass(value: unknown): value is DatabaseClass {
  if (typeof value !== "function") return false;
  const prototype: unknown = value.prototype;
  return typeof prototype === "object" && prototype !== null && "ensureReadTxn" in prototype;
}

function addonOf(value: unknown): Addon {
  if (typeof value !== "object" || value === null || !neededNames.every((name) => name in value)) {
    throw unknownVersion();
  }
  return value as Addon;
}

function unknownVersion(): Error {
  return new Error("this version of lmdb-js is not supported: its native interface has changed");
}
