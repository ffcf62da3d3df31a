import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { chown } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { configFrom } from "../../src/config/config.ts";
import { readConfigFile } from "../../src/config/config-file.ts";
import type { ConfigFlags } from "../../src/config/sources.ts";

let project: string;
let below: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "machinist-data-directory-"));
  below = join(project, "machines", "deploy");
  mkdirSync(below, { recursive: true });
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function load(flags: ConfigFlags = {}, workingDirectory = below) {
  return configFrom({ flags, environment: {}, workingDirectory }, readConfigFile);
}

it("data directory: the closest .machinist in the working directory or above it", () => {
  mkdirSync(join(project, ".machinist"));
  writeFileSync(join(project, "machinist.yaml"), "log_level: warn");
  expect(load()).toMatchObject({
    dataDirectory: join(project, ".machinist"),
    storeUrl: `lmdb:${join(project, ".machinist", "store")}`,
    dropDirectories: [join(project, "machines")],
    file: join(project, "machinist.yaml"),
    logLevel: "warn",
  });
  mkdirSync(join(below, ".machinist"));
  expect(load().dataDirectory).toBe(join(below, ".machinist"));
});

it("data directory: in the working directory when there is none above", () => {
  expect(load().dataDirectory).toBe(join(below, ".machinist"));
  writeFileSync(join(project, ".machinist"), "a file is not a data directory");
  expect(load().dataDirectory).toBe(join(below, ".machinist"));
});

it("data directory: a named one is not searched, and the daemon does not search", () => {
  mkdirSync(join(project, ".machinist"));
  expect(load({ data: "other" }).dataDirectory).toBe(join(below, "other"));
  expect(load({ createsDataDirectory: true })).toMatchObject({
    dataDirectory: join(below, ".machinist"),
    dropDirectories: [join(below, "machines")],
  });
});

it.runIf(process.getuid?.() === 0)(
  "data directory: one above that belongs to another user is not used (needs root to give it away)",
  async () => {
    const directory = join(project, ".machinist");
    mkdirSync(directory);
    await chown(directory, 65_534, 65_534);
    expect(load().dataDirectory).toBe(join(below, ".machinist"));
    expect(load({}, project).dataDirectory).toBe(directory);
  },
);
