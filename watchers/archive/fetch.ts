/** Fetches an archive into a file, and makes sure that it is the one that was asked for. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { MachinistError } from "../../src/lib/errors.ts";
import { formatSize } from "../../src/lib/size.ts";
import { openFile } from "./checksum.ts";
import { withHttpBody } from "./http-body.ts";
import type { Source } from "./source.ts";

export interface Wanted {
  readonly source: Source;
  /** Lower-case sha256. */
  readonly checksum: string;
  readonly insecure: boolean;
  readonly maxBytes: number;
}

/**
 * @param path of a file that is not there yet; after a failure it may be there in part
 * @throws FAILED when it cannot be fetched or is too large, BAD_VALUE when it is another archive; the signal's reason
 */
export async function fetchArchive(wanted: Wanted, path: string, signal: AbortSignal): Promise<void> {
  try {
    const found = await withSource(wanted, signal, (chunks) => store(chunks, path, { ...wanted, signal }));
    if (found === wanted.checksum) return;
  } catch (cause) {
    signal.throwIfAborted();
    throw cause;
  }
  throw new MachinistError(
    "BAD_VALUE",
    `what was fetched has another checksum than ${wanted.checksum}; correct checksum, or the archive`,
  );
}

type Chunks = AsyncIterable<Uint8Array>;

async function withSource(
  { source, insecure }: Wanted,
  signal: AbortSignal,
  consume: (chunks: Chunks) => Promise<string>,
): Promise<string> {
  if (source.kind === "http") return withHttpBody({ ...source, insecure }, signal, consume);
  await using file = await openFile(source.path);
  // Awaited, or the file would be closed before it is read.
  return await consume(file.createReadStream({ autoClose: false }));
}

/** @returns the sha256 of all chunks */
async function store(
  chunks: Chunks,
  path: string,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  await using file = await open(path, "wx", 0o600);
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new MachinistError("FAILED", `it is larger than max_size, ${formatSize(maxBytes)}`);
    }
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  return hash.digest("hex");
}
