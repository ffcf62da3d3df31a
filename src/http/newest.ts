/** What one reader is still to be told, at its own pace: of each subject only the newest. So a slow reader misses nothing that is still so. */
import type { Frame, LiveStream } from "./live.ts";

export class Newest {
  readonly #stream: LiveStream;
  readonly #waiting = new Map<string, Frame>();
  #isTelling = false;

  constructor(stream: LiveStream) {
    this.#stream = stream;
  }

  /** In the order in which subjects came up. */
  say(subject: string, frame: Frame): void {
    this.#waiting.set(subject, frame);
    if (!this.#isTelling) void this.#tell();
  }

  async #tell(): Promise<void> {
    this.#isTelling = true;
    // What is added meanwhile comes in this loop, too.
    for (const [subject, frame] of this.#waiting) {
      this.#waiting.delete(subject);
      this.#stream.send(frame);
      await this.#stream.room();
    }
    this.#isTelling = false;
    this.#stream.flush();
  }
}
