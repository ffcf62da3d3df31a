/** Damages copies of a store in many places and counts how each copy is read: right, refused, or wrong. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "../../../src/kv/open.ts";
import { type Answers, type KnownKeys, raw, refused } from "./answers.ts";

/** Built, also for the tests, which run from the sources. */
const readerFile = fileURLToPath(
  new URL(
    import.meta.url.endsWith(".ts") ? "../../../dist/test/kv/corruption/reader.js" : "reader.js",
    import.meta.url,
  ),
);
const pageSize = 16_384;

export interface Tally {
  /** Copies whose answers are all right: the byte is in unused space. */
  harmless: number;
  /** Copies that were not opened. */
  refusedAtOpen: number;
  /** Copies of which some answers are STORE_DAMAGED and all others right. */
  reported: number;
  /** Answers. */
  right: number;
  damaged: number;
  /** Places with an answer that is wrong, with an error that is not ours, or where the reader died. */
  readonly wrong: string[];
  readonly rawErrors: string[];
  readonly aborts: string[];
}

export async function runCorruption(options: { places: number; seed: number }): Promise<Tally> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-corruption-"));
  const reader = new Reader();
  try {
    const original = join(directory, "original");
    const known = await fill(original);
    const whole = await readFile(join(original, "data.mdb"));
    const truth = await reader.read(original, known);
    if (!truth) throw new Error("the reader died of the original");
    const tally: Tally = {
      harmless: 0,
      refusedAtOpen: 0,
      reported: 0,
      right: 0,
      damaged: 0,
      wrong: [],
      rawErrors: [],
      aborts: [],
    };
    const random = generator(options.seed);
    for (let index = 0; index < options.places; index++) {
      const bytes = Buffer.from(whole);
      const place = index % 10 === 9 ? swapPages(bytes, random) : flipByte(bytes, random, index % 5);
      const copy = join(directory, "copy");
      await mkdir(copy);
      await writeFile(join(copy, "data.mdb"), bytes);
      count(tally, place, truth, await reader.read(copy, known));
      await rm(copy, { recursive: true });
    }
    return tally;
  } finally {
    reader.stop();
    await rm(directory, { recursive: true });
  }
}

function count(tally: Tally, place: string, truth: Answers, answers: Answers | undefined): void {
  if (!answers) {
    tally.aborts.push(place);
    return;
  }
  if (answers["open"] !== truth["open"]) {
    if (answers["open"]?.startsWith(raw)) tally.rawErrors.push(`${place}: ${answers["open"]}`);
    else tally.refusedAtOpen++;
    return;
  }
  let damaged = 0;
  for (const [question, answer] of Object.entries(answers)) {
    if (answer === truth[question]) tally.right++;
    else if (answer === `${refused}STORE_DAMAGED`) damaged++;
    else if (answer.startsWith(raw)) tally.rawErrors.push(`${place}: ${question}: ${answer}`);
    else tally.wrong.push(`${place}: ${question}: ${answer}`);
  }
  tally.damaged += damaged;
  if (damaged > 0) tally.reported++;
  else tally.harmless++;
}

/** One in five in the first two pages; the others anywhere. @returns where */
function flipByte(bytes: Buffer, random: (below: number) => number, kind: number): string {
  const at = kind === 0 ? random(2) * pageSize + random(184) : random(bytes.length);
  const mask = 1 << random(8);
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  return `byte ${at % pageSize} of page ${Math.floor(at / pageSize)} ^ ${mask}`;
}

function swapPages(bytes: Buffer, random: (below: number) => number): string {
  const pages = bytes.length / pageSize;
  const one = random(pages);
  const other = (one + 1 + random(pages - 1)) % pages;
  const [first, second] = [one, other].map((page) => page * pageSize) as [number, number];
  const kept = Buffer.from(bytes.subarray(first, first + pageSize));
  bytes.copyWithin(first, second, second + pageSize);
  bytes.set(kept, second);
  return `pages ${one} and ${other} swapped`;
}

/** Trees of several levels, values in heads, in log records and on pages of their own, and free pages. */
async function fill(directory: string): Promise<KnownKeys> {
  await using store = await openStore(directory);
  const small = await store.createBucket("SMALL", { history: 3 });
  const smallKeys = Array.from({ length: 150 }, (_, index) => `app.${index}.setting`);
  for (const round of [1, 2, 3, 4]) {
    await Promise.all(smallKeys.map((key) => small.put(key, `value ${round} of ${key}`)));
  }
  await Promise.all(smallKeys.slice(0, 20).map((key) => small.delete(key)));
  const large = await store.createBucket("LARGE", { history: 2, compression: true });
  const sizes = [300, 2000, 15_000, 60_000];
  const largeKeys = Array.from({ length: 24 }, (_, index) => `blob.${index}`);
  for (const letter of ["x", "y"]) {
    for (const [index, key] of largeKeys.entries()) {
      const value = Buffer.alloc(sizes[index % sizes.length] ?? 0, letter);
      for (let at = 0; at < value.length; at += 3) value[at] = (at * 7919 + index) % 251;
      await large.put(key, value);
    }
  }
  await store.createBucket("EMPTY");
  return { SMALL: smallKeys, LARGE: largeKeys, EMPTY: [] };
}

class Reader {
  #process: ChildProcess | undefined;

  /** @returns undefined when the process died of it */
  async read(directory: string, known: KnownKeys): Promise<Answers | undefined> {
    this.#process ??= fork(readerFile, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const child = this.#process;
    const decided = new AbortController();
    const answered = once(child, "message", { signal: decided.signal }).then(
      ([answers]) => answers as Answers,
    );
    const died = once(child, "exit", { signal: decided.signal }).then(() => undefined);
    child.send({ directory, known });
    const answers = await Promise.race([answered, died]);
    decided.abort();
    await Promise.allSettled([answered, died]);
    if (!answers) this.#process = undefined;
    return answers;
  }

  stop(): void {
    this.#process?.kill();
  }
}

function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}
