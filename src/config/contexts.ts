/**
 * Contexts: named places that the command line talks to, as `nats context` and `kubectl config` have them. Each is a file
 * `NAME.json` in `~/.config/machinist/contexts`; the file `selected` beside that directory holds the name of the default.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { didYouMean } from "../lib/did-you-mean.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import { isJsonObject } from "../lib/json.ts";

const fields = ["description", "url", "tokenFile", "caFile", "certFile", "keyFile", "store", "data"] as const;

/** Files and directories are absolute. */
export type Context = { readonly [Field in (typeof fields)[number]]?: string };

const nameGrammar = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** The contexts of one user. */
export class Contexts {
  readonly #directory: string;
  readonly #selection: string;

  /** @param environment XDG_CONFIG_HOME or HOME say where they are. @throws INVALID_CONFIG when neither is set */
  constructor(environment: Readonly<Record<string, string | undefined>>) {
    const { XDG_CONFIG_HOME: configHome, HOME: home } = environment;
    const base = configHome || (home && join(home, ".config"));
    if (!base)
      throw new MachinistError("INVALID_CONFIG", "contexts: neither XDG_CONFIG_HOME nor HOME is set");
    this.#directory = join(base, "machinist", "contexts");
    this.#selection = join(base, "machinist", "selected");
  }

  /** Sorted. */
  get names(): readonly string[] {
    if (!existsSync(this.#directory)) return [];
    const files = readdirSync(this.#directory).filter((file) => file.endsWith(".json"));
    return files.map((file) => file.slice(0, -".json".length)).sort();
  }

  /** The name of the default; undefined: there is none. */
  get selected(): string | undefined {
    return existsSync(this.#selection)
      ? readFileSync(this.#selection, "utf8").trim() || undefined
      : undefined;
  }

  /** @throws INVALID_CONFIG when it does not exist or cannot be read */
  read(name: string): Context {
    if (!this.names.includes(name)) throw this.#unknown(name);
    const file = this.#fileOf(name);
    try {
      const found: unknown = JSON.parse(readFileSync(file, "utf8"));
      if (isContext(found)) return found;
      throw new Error(`expected an object with texts, some of ${fields.join(", ")}`);
    } catch (cause) {
      throw new MachinistError("INVALID_CONFIG", `context file ${file} cannot be read: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  /** @throws INVALID_ARGUMENT for a name with other characters than letters, digits, - and _ */
  save(name: string, context: Context): void {
    if (!nameGrammar.test(name)) {
      throw new MachinistError(
        "INVALID_ARGUMENT",
        `context name ${JSON.stringify(name)}: expected letters, digits, - and _, beginning with a letter or digit`,
      );
    }
    this.#write(this.#fileOf(name), `${JSON.stringify(context, null, 2)}\n`);
  }

  /** @param name undefined: none is selected any more. @throws INVALID_CONFIG when it does not exist */
  select(name: string | undefined): void {
    if (name === undefined) rmSync(this.#selection, { force: true });
    else if (this.names.includes(name)) this.#write(this.#selection, `${name}\n`);
    else throw this.#unknown(name);
  }

  /** @throws INVALID_CONFIG when it does not exist */
  remove(name: string): void {
    if (!this.names.includes(name)) throw this.#unknown(name);
    rmSync(this.#fileOf(name));
    if (this.selected === name) this.select(undefined);
  }

  #fileOf(name: string): string {
    return join(this.#directory, `${name}.json`);
  }

  #write(file: string, content: string): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.tmp`, content, { mode: 0o600 });
    // A file of an interrupted write may have other permissions.
    chmodSync(`${file}.tmp`, 0o600);
    renameSync(`${file}.tmp`, file);
  }

  #unknown(name: string): MachinistError {
    const { names } = this;
    const hint = didYouMean(name, names) || `; there are: ${names.join(", ") || "none"}`;
    return new MachinistError("INVALID_CONFIG", `there is no context ${JSON.stringify(name)}${hint}`);
  }
}

function isContext(value: unknown): value is Context {
  const known: ReadonlySet<string> = new Set(fields);
  return (
    isJsonObject(value) &&
    Object.entries(value).every(
      ([field, text]) => known.has(field) && typeof text === "string" && text !== "",
    )
  );
}
