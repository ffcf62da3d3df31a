/** What one source of settings says, in the words of the Config; shared by the file's reader and by what merges them. */
import { resolve } from "node:path";
import type { EventFileOptions } from "../events/file.ts";
import type { LogLimits } from "../exec/output/kept-runs.ts";
import type { ButlerSettings } from "../http/butler/butler.ts";
import type { HttpOptions } from "../http/http-options.ts";
import type { NatsOptions } from "../kv/nats-options.ts";
import type { LogLevel } from "../lib/log-level.ts";
import type { OutputFormat } from "./output-format.ts";

/** undefined = it does not say. Paths are absolute. */
export interface Settings {
  readonly file?: string | undefined;
  readonly dataDirectory?: string | undefined;
  readonly storeUrl?: string | undefined;
  readonly dropDirectories?: readonly string[] | undefined;
  readonly factsFile?: string | undefined;
  readonly overridesFile?: string | undefined;
  readonly metricsDirectory?: string | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly logFormat?: "text" | "json" | undefined;
  readonly colour?: boolean | undefined;
  readonly outputFormat?: OutputFormat | undefined;
  readonly concurrency?: number | undefined;
  readonly stopGraceMs?: number | undefined;
  readonly commandEnvironment?: Readonly<Record<string, string>> | undefined;
  readonly drainTimeoutMs?: number | undefined;
  /** "" = off. */
  readonly eventSubject?: string | undefined;
  readonly eventFile?: EventFileOptions | undefined;
  readonly logs?: { readonly [Limit in keyof LogLimits]?: number | undefined } | undefined;
  readonly signingKey?: string | undefined;
  readonly topics?:
    | {
        readonly directory: string | undefined;
        readonly timeoutMs: number | undefined;
        readonly concurrency: number | undefined;
        readonly attempts: number | undefined;
      }
    | undefined;
  readonly butler?: ButlerSettings | undefined;
  readonly nats?: NatsOptions | undefined;
  readonly http?: HttpSettings | undefined;
}

/** `listen`: HOST:PORT. */
export type HttpSettings = Partial<Omit<HttpOptions, "host" | "port">> & {
  readonly listen?: string | undefined;
};

/** A path without a scheme is a directory of the embedded store; a server's address stays as it is. */
export function absoluteStore(store: string, base: string): string {
  if (/^[a-z]+:\/\//i.test(store)) return store;
  return `lmdb:${resolve(base, store.replace(/^lmdb:/, ""))}`;
}

/** A store for messages and answers: without the login that its address may hold. */
export function shownStore(url: string): string {
  return url.replace(/\/\/[^/]*@/, "//");
}
