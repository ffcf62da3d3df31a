/** Which bucket a handle means: the same one from creation to destruction, with its configuration as it was last seen. */
import type { MachinistError } from "../../../lib/errors.ts";
import { bucketNotFound } from "../../failures.ts";
import type { BucketConfig } from "../../store.ts";
import type { Records } from "./environment.ts";
import { bucketKey } from "./layout.ts";
import { type BucketRecord, decodeBucket } from "./records.ts";

/** What records say never changes, and every request for a bucket reads one: each is decoded once. */
const decoded = new Map<string, BucketRecord>();
const mostDecoded = 1_000;

export class BucketIdentity {
  readonly name: string;
  /** Never used again: a bucket made later under the same name is another one. */
  readonly id: number;
  readonly created: number;
  /** Called after the configuration has changed, by whatever process. */
  changed: (() => void) | undefined;
  #config: BucketConfig;
  #edits: number;

  constructor(name: string, record: BucketRecord) {
    this.name = name;
    this.id = record.id;
    this.created = record.created;
    this.#config = record.config;
    this.#edits = record.edits;
  }

  get config(): BucketConfig {
    return this.#config;
  }

  /** How often the configuration was changed before it was as it is known here. */
  get edits(): number {
    return this.#edits;
  }

  /** When an entry ends, or whether it has, is for lifetime.ts to say; false: nothing here ever ends by itself. */
  get ages(): boolean {
    return this.config.ttlMs > 0 || this.leavesMarkers;
  }

  /** An entry that ends here leaves a marker, so that those who watch learn of it; and may have a life of its own. */
  get leavesMarkers(): boolean {
    return this.config.markerTtlMs > 0;
  }

  /** Takes over what was committed since. @param edits of the bucket's state in these records */
  follow(records: Records, edits: number): void {
    if (edits === this.#edits) return;
    const found = findBucket(records, this.name);
    if (found?.id !== this.id) return;
    this.#config = found.config;
    this.#edits = found.edits;
    this.changed?.();
  }

  notFound(): MachinistError {
    return bucketNotFound(this.name);
  }
}

/** @param known is returned when it is still what the records say */
export function findBucket(
  records: Records,
  name: string,
  known?: BucketIdentity,
): BucketIdentity | undefined {
  const bytes = records.get(bucketKey(name));
  if (!bytes) return undefined;
  const record = recordIn(bytes);
  const isSame = known?.id === record.id && known.edits === record.edits;
  return isSame ? known : new BucketIdentity(name, record);
}

function recordIn(bytes: Buffer): BucketRecord {
  const text = bytes.toString("latin1");
  const known = decoded.get(text);
  if (known) return known;
  const record = decodeBucket(bytes);
  if (decoded.size >= mostDecoded) decoded.clear();
  decoded.set(text, record);
  return record;
}
