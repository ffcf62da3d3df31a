/** Where results and messages go: results to stdout, for people or as JSON; messages to stderr. Knows no command. */
import { once } from "node:events";
import pc from "picocolors";
import { isForPrograms, type OutputFormat } from "../config/output-format.ts";
import { MachinistError } from "../lib/errors.ts";
import { isJsonObject, type Json } from "../lib/json.ts";
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
  readonly outputFormat: OutputFormat;
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean };
}

export class Output {
  /** Results are documents for programs, in whatever format. */
  readonly json: boolean;
  /** Tables have more columns. */
  readonly wide: boolean;
  /** Colours for stdout; they do nothing where colour is off. */
  readonly paint: ReturnType<typeof pc.createColors>;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #guard: StdoutGuard;
  readonly #format: OutputFormat;

  constructor(
    streams: { stdout: OutputStream; stderr: OutputStream },
    guard: StdoutGuard,
    options: OutputOptions,
  ) {
    this.#format = options.outputFormat;
    this.json = isForPrograms(options.outputFormat);
    this.wide = options.outputFormat === "wide";
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

  /** A result for programs: the whole of what a command found, or one of the things that it streams. @throws USAGE */
  async document(value: unknown): Promise<void> {
    const writers: Partial<Record<OutputFormat, (value: unknown) => Promise<string> | string>> = {
      name: namesIn,
      jsonl: (all) => (Array.isArray(all) ? all : [all]).map((one) => `${JSON.stringify(one)}\n`).join(""),
      yaml: yamlDocument,
    };
    await this.bytes(await (writers[this.#format] ?? jsonLine)(value));
  }

  /** A line for the person at the terminal, never a result. */
  message(text: string): void {
    this.#stderr.write(`${text}\n`);
  }
}

function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Loaded only here: the YAML parser takes longer than a short command. */
async function yamlDocument(value: unknown): Promise<string> {
  const { yamlText } = await import("../definition/yaml-text.ts");
  return `---\n${yamlText(value)}`;
}

/** What a thing is called, the most special name first. */
const nameFields = ["name", "key", "governor", "bucket", "machine", "id"] as const;

function namesIn(value: unknown): string {
  const things = Array.isArray(value) ? value : [value];
  return things.map((thing) => `${nameOf(thing as Json)}\n`).join("");
}

function nameOf(thing: Json): string {
  if (typeof thing === "string") return thing;
  const field = isJsonObject(thing) ? nameFields.find((one) => typeof thing[one] === "string") : undefined;
  if (field !== undefined && isJsonObject(thing)) return String(thing[field]);
  throw new MachinistError(
    "USAGE",
    "-o name: found a result without a name; expected machines, buckets, keys or governors. Use -o json",
  );
}
