/** What is asked of namespaces, answered or refused as Butler does; both prefixes say it so. */
import { keyIn, wholeMs, writtenIn } from "./coercion.ts";
import type { Namespaces } from "./namespaces.ts";
import type { Posting } from "./posting.ts";
import { missingParameter, noKey, noNamespace } from "./refusal.ts";

/** Takes what requests hold as it came; every method throws Refusal where Butler refuses. */
export class Answers {
  readonly #namespaces: Namespaces;
  readonly #posting: Posting;

  constructor(namespaces: Namespaces, posting: Posting) {
    this.#namespaces = namespaces;
    this.#posting = posting;
  }

  namespaces(): Promise<string[]> {
    return this.#namespaces.list();
  }

  async read(namespace: string, query: unknown): Promise<object> {
    const key = keyIn(query);
    const value = await this.#namespaces.read(namespace, key);
    if (value === undefined) throw await this.#missing(namespace, key);
    return { namespace, key, value };
  }

  async exists(namespace: string, query: unknown): Promise<object> {
    const key = keyIn(query);
    const value = await this.#namespaces.read(namespace, key);
    if (value !== undefined) return { keyExists: true, keyValue: { namespace, key, value } };
    await this.#require(namespace);
    return { keyExists: false, keyValue: {} };
  }

  /** Without a value nothing is written, though the namespace is made. */
  async write(namespace: string, body: unknown): Promise<object> {
    const { key, value, ttl } = writtenIn(body);
    if (!key) throw missingParameter();
    const ttlMs = wholeMs(ttl);
    if (value === undefined) await this.#namespaces.add(namespace);
    else await this.#posting.write(namespace, { key, value }, ttlMs);
    return { namespace, key, value, ttl: ttlMs };
  }

  async keys(namespace: string): Promise<object> {
    const keys = await this.#namespaces.keys(namespace);
    if (keys.length === 0) await this.#require(namespace);
    return { namespace, keys: keys.map((key) => ({ key })) };
  }

  async deleteKey(namespace: string, key: string): Promise<void> {
    if (key === "") throw missingParameter();
    if (!(await this.#namespaces.delete(namespace, key))) throw await this.#missing(namespace, key);
  }

  async deleteNamespace(namespace: string): Promise<void> {
    if (!(await this.#namespaces.remove(namespace))) throw noNamespace(namespace);
  }

  async #require(namespace: string): Promise<void> {
    if (!(await this.#namespaces.has(namespace))) throw noNamespace(namespace);
  }

  async #missing(namespace: string, key: string): Promise<Error> {
    return (await this.#namespaces.has(namespace)) ? noKey(namespace, key) : noNamespace(namespace);
  }
}
