/** `explain`: every property of every schema can be asked for. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { builtInWatcherTypes } from "../../../watchers/index.ts";
import { Shell } from "../shell.ts";

let shell: Shell;
beforeAll(async () => {
  shell = await Shell.create();
});
afterAll(() => shell[Symbol.asyncDispose]());

it("without a word lists what can be explained", async () => {
  const { stdout } = await shell.run("explain");
  for (const name of ["machine", "config", "exec", "kv"]) expect(stdout).toMatch(new RegExp(`│ ${name} +│`));
  const names = JSON.parse((await shell.run("explain", "--json")).stdout);
  expect(names).toEqual(["machine", "config", ...builtInWatcherTypes.map(({ type }) => type).sort()]);
});

it.each([
  ["exec", /│ command +│ text.*│ yes +│/],
  ["exec.timeout", /^exec\.timeout: duration; default 10s\n\n/],
  ["exec.interval", /^exec\.interval: duration\n\nTime from one look to the next/],
  ["machine.transitions", /│ destination +│ text/],
  ["machine.transitions.when", /The transition is legal only while/],
  ["machine.watchers.retry.times", /whole number; required; at least 1; at most 100/],
  ["config.http.listen", /^config\.http\.listen: text; such as 127\.0\.0\.1:7890/],
  ["config.http.tokens.scopes", /list of one of read/],
])("%s", async (path, expected) => {
  const { stdout, status } = await shell.run("explain", path);
  expect(status).toBe(0);
  expect(stdout).toMatch(expected);
});

it("knows every property of every watcher type", async () => {
  for (const { type, schema } of builtInWatcherTypes) {
    for (const name of Object.keys((schema as { properties?: object }).properties ?? {})) {
      const ran = await shell.run("explain", `${type}.${name}`, "--json");
      expect([type, name, ran.status]).toEqual([type, name, 0]);
      expect(JSON.parse(ran.stdout)).toHaveProperty("description");
    }
  }
});

it.each([
  ["exce", 'cannot explain "exce": "exce" is not a type. Did you mean "exec"?'],
  ["exec.timout", '"timout" is not a property of exec. Did you mean "exec.timeout"?'],
])("%s is refused with the nearest name", async (path, message) => {
  const ran = await shell.run("explain", path);
  expect(ran.status).toBe(2);
  expect(ran.stderr).toContain(message);
});
