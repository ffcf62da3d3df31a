import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configFrom, loadConfig } from "../../src/config/config.ts";
import { readConfigFile } from "../../src/config/config-file.ts";
import type { ConfigFlags, ConfigSources, Environment } from "../../src/config/sources.ts";
import { MachinistError } from "../../src/lib/errors.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "machinist-config-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function load(flags: ConfigFlags = {}, environment: Environment = {}) {
  return make({ flags, environment, workingDirectory: directory });
}

function make(sources: ConfigSources) {
  return configFrom(sources, readConfigFile);
}

function write(text: string, name = "machinist.yaml"): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

function refusal(flags: ConfigFlags = {}, environment: Environment = {}): MachinistError {
  try {
    load(flags, environment);
  } catch (error) {
    if (error instanceof MachinistError) return error;
    throw error;
  }
  throw new Error("the config was taken");
}

/** What tells a command of a machine where its daemon is, with nothing set. */
function ownVariables() {
  const data = join(directory, ".machinist");
  return { MACHINIST_DATA: data, MACHINIST_STORE: `lmdb:${join(data, "store")}` };
}

describe("config: defaults", () => {
  it("is complete, absolute and frozen with nothing said", () => {
    const config = load();
    expect(config).toEqual({
      file: undefined,
      dataDirectory: join(directory, ".machinist"),
      programDirectory: join(directory, ".machinist", "bin"),
      socketPath: join(directory, ".machinist", "machinist.sock"),
      daemon: { socketPath: join(directory, ".machinist", "machinist.sock") },
      isOwnStore: true,
      stateUrl: `lmdb:${join(directory, ".machinist", "state")}`,
      storeUrl: `lmdb:${join(directory, ".machinist", "store")}`,
      nats: {},
      dropDirectories: [join(directory, "machines")],
      factsFiles: [join(directory, ".machinist", "facts.json"), join(directory, ".machinist", "facts.yaml")],
      overridesFiles: [
        join(directory, ".machinist", "overrides.json"),
        join(directory, ".machinist", "overrides.yaml"),
      ],
      metrics: { textFileDirectory: undefined },
      logLevel: "info",
      logFormat: "json",
      colour: { stdout: false, stderr: false },
      outputFormat: "text",
      json: false,
      exec: {
        concurrency: availableParallelism(),
        stopGraceMs: 5_000,
        environment: { ...ownVariables(), PATH: join(directory, ".machinist", "bin") },
      },
      drainTimeoutMs: 10_000,
      eventSubject: "machinist.machine",
      topics: {
        directories: [join(directory, "topics"), join(directory, "less/topics")],
        timeoutMs: 300_000,
        concurrency: 4,
        attempts: 20,
      },
      logs: { maxRunSize: 1024 * 1024, runs: 20, maxTotalSize: 256 * 1024 * 1024 },
      butler: { enabled: true, memory: false },
      eventFile: undefined,
      http: undefined,
      signingKey: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.exec.environment)).toBe(true);
  });

  it("logs text and colours on a terminal only, each stream for itself", () => {
    const on = (stdout: boolean, stderr: boolean) =>
      make({ flags: {}, environment: {}, workingDirectory: directory, terminal: { stdout, stderr } });
    expect(on(true, false)).toMatchObject({ logFormat: "json", colour: { stdout: true, stderr: false } });
    expect(on(false, true)).toMatchObject({ logFormat: "text", colour: { stdout: false, stderr: true } });
  });

  it("gives commands PATH, HOME, USER, LANG and TZ of its environment, and where its own daemon is", () => {
    const environment = { PATH: "/bin", HOME: "/root", TZ: "UTC", SECRET: "x", MACHINIST_LOG_LEVEL: "debug" };
    expect(load({}, environment).exec.environment).toEqual({
      ...ownVariables(),
      PATH: `${join(directory, ".machinist", "bin")}:/bin`,
      HOME: "/root",
      TZ: "UTC",
    });
    const file = write("store: nats://127.0.0.1:4222", "own.yaml");
    expect(load({ config: file, data: "d" }).exec.environment).toEqual({
      MACHINIST_DATA: join(directory, "d"),
      MACHINIST_STORE: "nats://127.0.0.1:4222",
      MACHINIST_CONFIG: file,
      PATH: join(directory, "d", "bin"),
    });
  });
});

describe("config: flag before environment before file before default", () => {
  const cases: [
    string,
    ConfigFlags,
    Environment,
    string,
    (config: ReturnType<typeof load>) => unknown,
    unknown[],
  ][] = [
    [
      "data",
      { data: "/f" },
      { MACHINIST_DATA: "/e" },
      "data: /c",
      (c) => c.dataDirectory,
      ["/f", "/e", "/c"],
    ],
    [
      "store",
      { store: "/f" },
      { MACHINIST_STORE: "lmdb:/e" },
      "store: nats://h:4222",
      (c) => c.storeUrl,
      ["lmdb:/f", "lmdb:/e", "nats://h:4222"],
    ],
    ["json", { json: true }, { MACHINIST_JSON: "0" }, "json: true", (c) => c.json, [true, false, true]],
    [
      "log level",
      { logLevel: "error" },
      { MACHINIST_LOG_LEVEL: "warn" },
      "log_level: debug",
      (c) => c.logLevel,
      ["error", "warn", "debug"],
    ],
    [
      "log format",
      { logFormat: "json" },
      { MACHINIST_LOG_FORMAT: "text" },
      "log_format: text",
      (c) => c.logFormat,
      ["json", "text", "text"],
    ],
  ];
  it.each(cases)("%s", (_name, flags, environment, line, read, [byFlag, byEnvironment, byFile]) => {
    // The file is named, so that --data does not lead to another one.
    const config = write(line, "named.yaml");
    expect(read(load({ ...flags, config }, environment))).toEqual(byFlag);
    expect(read(load({ config }, environment))).toEqual(byEnvironment);
    expect(read(load({ config }))).toEqual(byFile);
  });

  it("takes an empty variable for none", () => {
    expect(load({}, { MACHINIST_DATA: "", NO_COLOR: "" }).dataDirectory).toBe(join(directory, ".machinist"));
  });

  it.each([
    ["--no-color", { color: false }, {}, ""],
    ["NO_COLOR", {}, { NO_COLOR: "1" }, ""],
    ["color: false", {}, {}, "color: false"],
  ])("colour is off with %s", (_name, flags, environment, line) => {
    const config = write(line, "named.yaml");
    const terminal = { stdout: true, stderr: true };
    const made = make({
      flags: { ...flags, config },
      environment,
      workingDirectory: directory,
      terminal,
    });
    expect(made.colour).toEqual({ stdout: false, stderr: false });
  });

  it("drop directories come from the command line, else from the file, else are machines", () => {
    write("machines: [a, /b]");
    expect(load({ dropDirectories: ["x"] }).dropDirectories).toEqual([join(directory, "x")]);
    expect(load().dropDirectories).toEqual([join(directory, "a"), "/b"]);
    write("machines: one");
    expect(load({ dropDirectories: [] }).dropDirectories).toEqual([join(directory, "one")]);
  });
});

describe("config: the file", () => {
  it("is found beside the data directory, wherever that is", () => {
    mkdirSync(join(directory, "site"));
    const file = write("log_level: warn", "site/machinist.yaml");
    expect(load({ data: "site/data" })).toMatchObject({ file, logLevel: "warn" });
    expect(load()).toMatchObject({ file: undefined, logLevel: "info" });
    expect(load({}, { MACHINIST_CONFIG: "site/machinist.yaml" })).toMatchObject({ file, logLevel: "warn" });
  });

  it("counts its relative paths from its own directory", () => {
    mkdirSync(join(directory, "etc"));
    write(
      "data: d\nstore: s\nfacts: f.yaml\noverrides: o.json\nmetrics: { textfile: p }\nmachines: m",
      "etc/m.yaml",
    );
    expect(load({ config: "etc/m.yaml" })).toMatchObject({
      dataDirectory: join(directory, "etc/d"),
      storeUrl: `lmdb:${join(directory, "etc/s")}`,
      factsFiles: [join(directory, "etc/f.yaml")],
      overridesFiles: [join(directory, "etc/o.json")],
      metrics: { textFileDirectory: join(directory, "etc/p") },
      dropDirectories: [join(directory, "etc/m")],
    });
  });

  it("sets how commands run and how long a drain takes", () => {
    write(
      "drain_timeout: 1m\nexec:\n  concurrency: 3\n  stop_grace: 500ms\n  environment: { A: b, PATH: /x }",
    );
    expect(load({}, { PATH: "/bin", HOME: "/h" })).toMatchObject({
      drainTimeoutMs: 60_000,
      exec: {
        concurrency: 3,
        stopGraceMs: 500,
        environment: { PATH: `${join(directory, ".machinist", "bin")}:/x`, HOME: "/h", A: "b" },
      },
    });
  });

  it("sets how much of the output of commands is kept", () => {
    write("logs: { run_size: 8192, total_size: 100000 }");
    expect(load().logs).toEqual({ maxRunSize: 8192, runs: 20, maxTotalSize: 100_000 });
    write("logs: { runs: 0 }");
    expect(() => load()).toThrow("runs");
  });

  it("says where events go on NATS, or that none go there", () => {
    write("events: { subject: choria.machine }");
    expect(load().eventSubject).toBe("choria.machine");
    for (const off of ["false", '""']) {
      write(`events: { subject: ${off} }`);
      expect(load().eventSubject).toBe("");
    }
  });

  it("names the key that specifications must be signed by, and no other text", () => {
    const key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    write(`signing_key: ${key}`);
    expect(load().signingKey).toBe(key);
    for (const text of ["abc", `"${key}00"`, '""']) {
      write(`signing_key: ${text}`);
      expect(() => load(), text).toThrow("signing_key");
    }
  });

  it("says how to log in to NATS, by files beside it", () => {
    write(
      "nats: { credentials: me.creds, nkey: /etc/me.nk, token: t, user: me, password: p, domain: hub, tls: { ca: ca.pem, cert: c.pem, key: c.key } }",
    );
    expect(load().nats).toEqual({
      credentialsFile: join(directory, "me.creds"),
      nkeyFile: "/etc/me.nk",
      tokenFile: join(directory, "t"),
      user: "me",
      passwordFile: join(directory, "p"),
      domain: "hub",
      tls: {
        caFile: join(directory, "ca.pem"),
        certFile: join(directory, "c.pem"),
        keyFile: join(directory, "c.key"),
      },
    });
    write("nats: { domain: a.b, tls: { certificate: x } }");
    expect(refusal().message).toMatch(/domain[\s\S]*certificate/);
  });

  it("is read by loadConfig when it is there, and not needed when it is not", async () => {
    const sources = { flags: {}, environment: {}, workingDirectory: directory };
    expect(await loadConfig(sources)).toEqual(load());
    const file = write("log_level: warn");
    expect(await loadConfig(sources)).toMatchObject({ file, logLevel: "warn" });
    write("log_level: loud");
    await expect(loadConfig(sources)).rejects.toMatchObject({ code: "INVALID_CONFIG" });
  });

  it("may be empty", () => {
    write("");
    expect(load().logLevel).toBe("info");
  });
});

describe("config: what is wrong is named", () => {
  it.each<[string, string, string[]]>([
    ["an unknown key", "log_levle: warn", ["machinist.yaml:1:1", "log_levle", 'did you mean "log_level"?']],
    [
      "an unknown key below exec",
      "exec:\n  concurency: 3",
      ["machinist.yaml:2:3", 'did you mean "concurrency"?'],
    ],
    ["a subject with wildcards", "events: { subject: a.* }", ["machinist.yaml:1:", "events.subject"]],
    ["a subject that is switched on", "events: { subject: true }", ["machinist.yaml:1:", "events.subject"]],
    ["a wrong word", "log_level: wran", ["machinist.yaml:1:12", "log_level", "wran"]],
    ["a wrong type", "exec:\n  concurrency: many", ["machinist.yaml:2:16", "exec.concurrency"]],
    ["a number without a unit", "drain_timeout: '10'", ["machinist.yaml:1:16", "drain_timeout", "unit"]],
    ["a list where lines belong", "- a", ["machinist.yaml:1:1"]],
    ["a tab", "exec:\n\tconcurrency: 1", ["machinist.yaml:2:"]],
    ["two lines of one name", "json: true\njson: false", ["machinist.yaml:2:1", "json"]],
    ["a name that is no variable", "exec: { environment: { 'A B': x } }", ["machinist.yaml:1:", "A B"]],
  ])("%s", (_name, text, parts) => {
    write(text);
    const error = refusal();
    expect(error.code).toBe("INVALID_CONFIG");
    for (const part of parts) expect(error.message).toContain(part);
  });

  it("tells all faults at once, each with its code frame", () => {
    write("jsn: true\nlog_level: loud\n");
    const { message } = refusal();
    expect(message).toContain("machinist.yaml:1:1");
    expect(message).toContain("machinist.yaml:2:12");
    expect(message).toContain("> ");
  });

  it.each<[ConfigFlags, Environment, string]>([
    [{ config: "/none/x.yaml" }, {}, "--config: there is no config file /none/x.yaml"],
    [{}, { MACHINIST_CONFIG: "/none/x.yaml" }, "MACHINIST_CONFIG: there is no config file /none/x.yaml"],
    [
      {},
      { MACHINIST_LOG_LEVEL: "loud" },
      'MACHINIST_LOG_LEVEL: "loud" is none of debug, info, warn, error, silent',
    ],
    [{ logFormat: "xml" }, {}, '--log-format: "xml" is none of text, json'],
    [{}, { MACHINIST_LOG_FORMAT: "xml" }, 'MACHINIST_LOG_FORMAT: "xml" is none of text, json'],
    [{}, { MACHINIST_JSON: "maybe" }, 'MACHINIST_JSON: "maybe" is none of 1, true, 0, false'],
  ])("%o %o", (flags, environment, message) => {
    expect(refusal(flags, environment)).toMatchObject({ code: "INVALID_CONFIG", message });
  });

  it("a directory in its place", () => {
    mkdirSync(join(directory, "machinist.yaml"));
    expect(refusal().message).toContain("machinist.yaml cannot be read");
  });
});
