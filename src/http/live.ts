/**
 * Answers that go on: server-sent events. One timer beats for all of them, one batches what is said to them, and whoever does not
 * read is dropped: a stream holds at most so many bytes for its reader.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";

export interface LiveOptions {
  readonly clock: Clock;
  /** Streams at a time; default 2,000. */
  readonly most?: number;
  /** Bytes that may wait for one reader; default 1 MiB. */
  readonly longestBacklog?: number;
}

/** One event. `data` is a line of JSON. */
export interface Frame {
  readonly id?: string | number;
  /** Default: `message`. */
  readonly event?: string;
  readonly data: string;
}

/** As it goes over the wire. */
export function textOf({ id, event, data }: Frame): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(event === undefined ? [] : [`event: ${event}`]),
    `data: ${data}`,
  ];
  return `${lines.join("\n")}\n\n`;
}

/** A comment that keeps proxies from closing, and tells a reader who has taken nothing since the last one. */
export const heartbeatMs = 15_000;
/** Many events in a short time are one write. */
const batchMs = 20;

export class LiveStreams {
  readonly #options: Required<LiveOptions>;
  readonly #streams = new Set<LiveStream>();
  readonly #waiting = new Set<LiveStream>();
  #cancelBeat: CancelTimer | undefined;
  #cancelFlush: CancelTimer | undefined;

  constructor(options: LiveOptions) {
    this.#options = { most: 2_000, longestBacklog: 1024 * 1024, ...options };
  }

  get count(): number {
    return this.#streams.size;
  }

  /** Takes the answer over. @throws RATE_LIMITED when there are too many already */
  open(reply: FastifyReply): LiveStream {
    const { most, longestBacklog } = this.#options;
    if (this.#streams.size >= most) {
      throw new MachinistError("RATE_LIMITED", `${most} streams are open already; try again later`);
    }
    const stream = new LiveStream(reply, longestBacklog, () => this.#flushSoon(stream));
    this.#streams.add(stream);
    stream.signal.addEventListener("abort", () => this.#forget(stream), { once: true });
    this.#cancelBeat ??= this.#beatLater();
    return stream;
  }

  /** Ends all. */
  close(): void {
    for (const stream of this.#streams) stream.end();
    this.#cancelBeat?.();
    this.#cancelFlush?.();
  }

  #forget(stream: LiveStream): void {
    this.#streams.delete(stream);
    this.#waiting.delete(stream);
    if (this.#streams.size > 0) return;
    this.#cancelBeat?.();
    this.#cancelBeat = undefined;
  }

  #flushSoon(stream: LiveStream): void {
    this.#waiting.add(stream);
    this.#cancelFlush ??= this.#options.clock.after(batchMs, () => {
      this.#cancelFlush = undefined;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const one of waiting) one.flush();
    });
  }

  #beatLater(): CancelTimer {
    return this.#options.clock.after(
      heartbeatMs,
      () => {
        for (const stream of this.#streams) stream.beat();
        this.#cancelBeat = this.#streams.size > 0 ? this.#beatLater() : undefined;
      },
      { background: true },
    );
  }
}

export class LiveStream {
  readonly #raw: ServerResponse;
  readonly #longestBacklog: number;
  readonly #onFrame: () => void;
  readonly #over = new AbortController();
  #text = "";
  /** Writes that its socket has taken. What it was given counts for nothing: it keeps for the reader what the reader does not read. */
  #taken = 0;
  /** Of the last heartbeat, when something waited then. */
  #takenWhenStalled: number | undefined;

  constructor(reply: FastifyReply, longestBacklog: number, onFrame: () => void) {
    this.#raw = reply.raw;
    this.#longestBacklog = longestBacklog;
    this.#onFrame = onFrame;
    reply.hijack();
    this.#raw.once("close", () => this.#over.abort());
    this.#raw.on("error", () => this.#over.abort());
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) this.#raw.setHeader(name, value);
    this.#raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    this.#raw.flushHeaders();
  }

  /** Aborted when it is over, whoever ended it. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Soon. */
  send(frame: Frame): void {
    this.sendText(textOf(frame));
  }

  /** The same for what is said to many: its text is made once. */
  sendText(text: string): void {
    this.#text += text;
    if (this.#text.length > this.#longestBacklog) this.flush();
    else this.#onFrame();
  }

  /** What was sent goes out now; a reader for whom too much waits is dropped. */
  flush(): void {
    if (this.#text === "" || this.#raw.writableEnded) return;
    if (this.#raw.writableLength > this.#longestBacklog) this.#raw.destroy();
    else this.#write(this.#text);
    this.#text = "";
  }

  /** Resolves when the reader has room for more, or the stream is over. */
  async room(): Promise<void> {
    if (!this.#raw.writableNeedDrain || this.signal.aborted) return;
    // Over before there was room: whoever asked sees that by the signal.
    await once(this.#raw, "drain", { signal: this.signal }).catch(() => undefined);
  }

  /** A reader who has taken nothing since the last one, though something waited, is dropped. */
  beat(): void {
    const isStalled = this.#raw.writableLength > 0;
    if (isStalled && this.#takenWhenStalled === this.#taken) this.#raw.destroy();
    else this.#write(": \n\n");
    this.#takenWhenStalled = isStalled ? this.#taken : undefined;
  }

  end(): void {
    this.flush();
    this.#raw.end();
  }

  #write(text: string): void {
    this.#raw.write(text, () => {
      this.#taken += 1;
    });
  }
}
