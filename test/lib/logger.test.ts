import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createLogger, type LoggerOptions } from "../../src/lib/logger.ts";

function logger(options: Partial<LoggerOptions>) {
  let written = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  const log = createLogger({ level: "info", format: "json", colour: false, destination, ...options });
  return { log, written: () => written };
}

describe("the log", () => {
  it("writes JSON lines with level, time, fields and message", () => {
    const { log, written } = logger({});
    log.with({ machine: "m" }).info("A → B", { by: "person" });
    const line = JSON.parse(written()) as Record<string, unknown>;
    expect(line).toEqual({
      level: "info",
      time: expect.any(String),
      machine: "m",
      by: "person",
      msg: "A → B",
    });
    expect(Date.parse(String(line["time"]))).toBeGreaterThan(0);
  });

  it("leaves out what is below its level", () => {
    const { log, written } = logger({ level: "warn" });
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
    expect(written().trim().split("\n")).toHaveLength(2);
  });

  it("writes one line of text for people, without colour unless asked", () => {
    const { log, written } = logger({ format: "text" });
    log.warn("a watcher failed", { watcher: "w" });
    expect(written()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: a watcher failed \{"watcher":"w"\}\n$/);
    const coloured = logger({ format: "text", colour: true });
    coloured.log.warn("a watcher failed");
    expect(coloured.written()).toContain("\u001B[");
  });

  it("silent says nothing", () => {
    const { log, written } = logger({ level: "silent" });
    log.error("x");
    expect(written()).toBe("");
  });
});
