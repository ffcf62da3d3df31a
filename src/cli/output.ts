/** Where results and messages go: results to stdout, for people or as JSON; messages to stderr. Knows no command. */
import { once } from "node:events";
import pc from "picocolors";
import type { OutputStream } from "./surroundings.ts";

/** Thrown by a write when whoever read stdout has left: the command ends quietly. */
export class ReaderLeft extends Error {
  constructor() {
    super("nobody reads stdout any more");
    this.name = "ReaderLeft";
  }
}

/** Notices when stdout breaks, also between writes. One per command line. */
export class StdoutGuard {
  readonly #stdout: OutputStream;
  #failure: Error | undefined;

  constructor(stdout: OutputStream) {
    this.#stdout = stdout;
    stdout.on("error", (error: NodeJS.ErrnoException) => {
      this.#failure ??= error.code === "EPIPE" ? new ReaderLeft() : error;
    });
  }

  /** @throws ReaderLeft, or what broke stdout */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Resolves when all that was written has left the process. @throws as `check` */
  async flush(): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => this.#stdout.write("", () => resolve()));
    this.check();
  }
}

export interface OutputOptions {
  readonly json: boolean;
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean };
}

export class Output {
  /** The user asked for JSON. */
  readonly json: boolean;
  /** Colours for stdout; they do nothing where colour is off. */
  readonly paint: ReturnType<typeof pc.createColors>;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #guard: StdoutGuard;

  constructor(
    streams: { stdout: OutputStream; stderr: OutputStream },
    guard: StdoutGuard,
    options: OutputOptions,
  ) {
    this.json = options.json;
    this.paint = pc.createColors(options.colour.stdout);
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.#guard = guard;
  }

  /** Bytes as they are. Resolves when the stream takes more. @throws ReaderLeft */
  async bytes(chunk: string | Uint8Array): Promise<void> {
    this.#guard.check();
    if (this.#stdout.write(chunk)) return;
    // `once` rejects on an error; the guard has kept what it was.
    await once(this.#stdout, "drain").catch(() => undefined);
    this.#guard.check();
  }

  /** Text and a newline. */
  async line(text: string): Promise<void> {
    await this.bytes(`${text}\n`);
  }

  /** One JSON document on one line. */
  async document(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value));
  }

  /** A line for the person at the terminal, never a result. */
  message(text: string): void {
    this.#stderr.write(`${text}\n`);
  }
}
