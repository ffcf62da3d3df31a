/** Unpacks a .tar.gz that nobody trusts: the only file that knows the package for it. */
import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { MachinistError, messageOf } from "../../src/lib/errors.ts";
import { formatSize } from "../../src/lib/size.ts";
import { checkEntry, shownName } from "./entry.ts";
import { refusal } from "./refusal.ts";

const mostEntries = 100_000;

/**
 * Files and directories only. As no link is ever made, and no file written twice, nothing can lead out of the directory.
 * @param directory empty, and nobody else writes to it; after a failure it may hold anything
 * @param maxBytes of the archive without its compression
 * @throws BAD_VALUE for what is no good archive, errors of the file system, the signal's reason; nothing is written after that
 */
export async function unpack(
  archive: string,
  directory: string,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<void> {
  const decoder = createTarDecoder({ strict: true });
  const failed = new AbortController();
  const reading = AbortSignal.any([signal, failed.signal]);
  const writing = writeEntries(decoder.readable, directory, signal);
  const feeding = feed(archive, decoder.writable, { maxBytes, signal: reading });
  // When either fails the other has no reason to go on, and only when both have ended is nothing written any more.
  const [written, fed] = await Promise.allSettled([
    writing.catch((cause: unknown) => {
      failed.abort(cause);
      throw cause;
    }),
    feeding,
  ]);
  signal.throwIfAborted();
  if (written.status === "rejected") throw describe(written.reason);
  if (fed.status === "rejected") throw describe(fed.reason);
}

async function feed(
  archive: string,
  writable: WritableStream<Uint8Array>,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<void> {
  const writer = writable.getWriter();
  let bytes = 0;
  try {
    for await (const chunk of gunzipped(archive, signal)) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw refusal(`it unpacks to more than max_size, ${formatSize(maxBytes)}`);
      await writer.write(chunk);
    }
    await writer.close();
  } catch (cause) {
    // It may have failed by itself; then this says so once more.
    await writer.abort(cause).catch(() => undefined);
    throw cause;
  }
}

/** Not by `pipeline`, which throws that it was aborted where its consumer has thrown something better. */
async function* gunzipped(archive: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const compressed = createReadStream(archive, { signal });
  const chunks = createGunzip();
  compressed.on("error", (cause) => chunks.destroy(cause)).pipe(chunks);
  try {
    yield* chunks;
  } finally {
    compressed.destroy();
    chunks.destroy();
  }
}

async function writeEntries(
  entries: ReadableStream<ParsedTarEntry>,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  let count = 0;
  for await (const { header, body } of entries) {
    signal.throwIfAborted();
    count += 1;
    if (count > mostEntries) {
      throw new MachinistError(
        "BAD_VALUE",
        `the archive is refused: it has more than ${mostEntries} entries`,
      );
    }
    const { kind, path, mode } = checkEntry(header);
    const place = join(directory, path ?? ".");
    try {
      if (kind === "directory") {
        await mkdir(place, { recursive: true, mode });
        await body.cancel();
      } else {
        await mkdir(dirname(place), { recursive: true });
        await writeFile(place, body, { flag: "wx", mode });
      }
    } catch (cause) {
      throw ownFault(cause, header.name);
    }
  }
}

const ownFaults: Readonly<Record<string, string>> = {
  EEXIST: "stands where there is something already",
  ENOTDIR: "leads through a file",
  ENAMETOOLONG: "has too long a name",
};

/** What the archive itself is to blame for, in words; everything else stays. */
function ownFault(cause: unknown, name: string): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const fault = ownFaults[code];
  if (fault === undefined) return cause;
  return refusal(`${shownName(name)} ${fault}`);
}

/** Errors of the two decoders do not say what they are about. */
function describe(cause: unknown): unknown {
  if (cause instanceof MachinistError) return cause;
  const isOfSystem = cause instanceof Error && "syscall" in cause;
  if (isOfSystem) return cause;
  return new MachinistError("BAD_VALUE", `the archive is no good .tar.gz: ${messageOf(cause)}`, { cause });
}
