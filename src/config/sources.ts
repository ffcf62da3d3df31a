/** What a config comes from, besides its file: flags, environment, working directory. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** What was said on the command line; left out = not said. */
export interface ConfigFlags {
  readonly data?: string | undefined;
  readonly store?: string | undefined;
  /** Of a daemon elsewhere. */
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** Name of a saved context. */
  readonly context?: string | undefined;
  /** Files for TLS with a daemon elsewhere; only a context says them. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
  readonly outputFormat?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly logFormat?: string | undefined;
  /** false: no colour. */
  readonly color?: boolean | undefined;
  readonly dropDirectories?: readonly string[] | undefined;
  /** HOST:PORT */
  readonly http?: string | undefined;
  readonly httpOpen?: boolean | undefined;
  /** The file of the host's facts. */
  readonly facts?: string | undefined;
  /** The store is in the data directory unless a flag names another: MACHINIST_STORE and the config file do not count. */
  readonly isEphemeral?: boolean | undefined;
  /** The daemon creates its data directory in the working directory; other commands also find one above it. */
  readonly createsDataDirectory?: boolean | undefined;
}

export interface ConfigSources {
  readonly flags: ConfigFlags;
  readonly environment: Environment;
  /** Absolute; relative paths of flags and environment count from here. */
  readonly workingDirectory: string;
  /** Which streams are terminals: decides colour and the log's format. Default: none. */
  readonly terminal?: { readonly stdout: boolean; readonly stderr: boolean };
}
