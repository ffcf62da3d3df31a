/** Gives every record of a store of an earlier layout its checksum. */
import type { Environment } from "../environment.ts";
import { firstCheckedLayout, layoutVersion, metaKey } from "../layout.ts";
import { decodeMeta, encodeMeta } from "../records.ts";
import type { RawRecords } from "./checked-records.ts";

/** Records of a step: they are copied before they are written, because LMDB moves what it writes. */
const stepRecords = 1_000;
const stepBytes = 1_048_576;

/**
 * One transaction, so that a store is never seen half converted: neither by other processes nor after a crash. Another
 * process that opens the store meanwhile waits for its end, and then has nothing left to do.
 */
export async function addChecksums(environment: Environment): Promise<void> {
  await environment.writeRaw((raw, records) => {
    const meta = decodeMeta(raw.get(metaKey) ?? Buffer.alloc(0));
    if (!meta || meta.layout >= firstCheckedLayout) return;
    // The meta record is the first, and is written in the end.
    let after = metaKey;
    for (let step = nextStep(raw, after); step.length > 0; step = nextStep(raw, after)) {
      for (const { key, value } of step) {
        records.put(key, value);
        after = key;
      }
    }
    records.put(metaKey, encodeMeta({ ...meta, layout: layoutVersion }));
  });
}

function nextStep(raw: RawRecords, after: Buffer): { key: Buffer; value: Buffer }[] {
  const step: { key: Buffer; value: Buffer }[] = [];
  let bytes = 0;
  for (const { key, value } of raw.from(Buffer.concat([after, Buffer.from([0])]))) {
    step.push({ key: Buffer.from(key), value: Buffer.from(value) });
    bytes += value.length;
    if (step.length >= stepRecords || bytes >= stepBytes) break;
  }
  return step;
}
