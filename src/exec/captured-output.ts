/** What is kept of a command's output, in bounded memory however much comes. Knows nothing of processes. */

/** Standard output is kept up to this: its first bytes. */
export const stdoutLimit = 1024 * 1024;
/** Of both streams together: the last bytes. */
export const outputLimit = 64 * 1024;

/** Takes chunks as they come and keeps copies of no more than the two limits. */
export class CapturedOutput {
  readonly #stdout = new FirstBytes(stdoutLimit);
  readonly #both = new LastBytes(outputLimit);

  addStdout(chunk: Buffer): void {
    this.#stdout.add(chunk);
    this.#both.add(chunk);
  }

  addStderr(chunk: Buffer): void {
    this.#both.add(chunk);
  }

  /** The fields of a command's result. */
  texts(): { stdout: string; stdoutComplete: boolean; output: string } {
    return { stdout: this.#stdout.text(), stdoutComplete: this.#stdout.complete, output: this.#both.text() };
  }
}

/** The first `limit` bytes; its buffer grows with what comes. */
class FirstBytes {
  readonly #limit: number;
  #buffer = Buffer.alloc(0);
  #length = 0;
  #complete = true;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get complete(): boolean {
    return this.#complete;
  }

  add(chunk: Buffer): void {
    const taken = Math.min(chunk.length, this.#limit - this.#length);
    if (taken < chunk.length) this.#complete = false;
    this.#makeRoom(this.#length + taken);
    chunk.copy(this.#buffer, this.#length, 0, taken);
    this.#length += taken;
  }

  text(): string {
    // A character cut in two at the end is left out, as it is not all there.
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.#buffer.subarray(0, this.#length), {
      stream: !this.#complete,
    });
  }

  #makeRoom(size: number): void {
    if (size <= this.#buffer.length) return;
    const larger = Buffer.alloc(Math.min(Math.max(size, this.#buffer.length * 2), this.#limit));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** The last `limit` bytes: a ring, so that writing one byte at a time costs no copying. */
class LastBytes {
  readonly #limit: number;
  #ring: Buffer | undefined;
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    this.#ring ??= Buffer.alloc(this.#limit);
    const kept = chunk.subarray(Math.max(chunk.length - this.#limit, 0));
    const start = (this.#total + chunk.length - kept.length) % this.#limit;
    const untilWrap = Math.min(kept.length, this.#limit - start);
    kept.copy(this.#ring, start, 0, untilWrap);
    kept.copy(this.#ring, 0, untilWrap);
    this.#total += chunk.length;
  }

  text(): string {
    if (!this.#ring) return "";
    if (this.#total <= this.#limit) return this.#ring.toString("utf8", 0, this.#total);
    const oldest = this.#total % this.#limit;
    const bytes = Buffer.concat([this.#ring.subarray(oldest), this.#ring.subarray(0, oldest)]);
    return bytes.toString("utf8", startOfCharacter(bytes));
  }
}

/** Skips what is left of a character whose beginning was dropped: at most three bytes 10xxxxxx. */
function startOfCharacter(bytes: Buffer): number {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0b1100_0000) === 0b1000_0000) start += 1;
  return start;
}
