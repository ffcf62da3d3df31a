import { Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Shell } from "./shell.ts";

let shell: Shell;
beforeAll(async () => {
  shell = await Shell.create();
});
afterAll(() => shell[Symbol.asyncDispose]());

const words = (line: string): string[] => (line === "" ? [] : line.split(" "));

describe("a wrong command line ends with 2 and says what is wrong", () => {
  it.each<[string, string]>([
    ["kx", "unknown command 'kx'\n(Did you mean kv?)\nTry `machinist --help`."],
    ["start", "unknown command 'start'\n(Did you mean status?)\nTry `machinist --help`."],
    ["validte x", "unknown command 'validte'\n(Did you mean validate?)\nTry `machinist --help`."],
    ["kv pt B k v", "unknown command 'pt'\n(Did you mean put?)\nTry `machinist kv --help`."],
    ["kv empty B", "unknown command 'empty'\nTry `machinist kv --help`."],
    ["--jsn list", "unknown option '--jsn'\n(Did you mean --json?)\nTry `machinist --help`."],
    [
      "kv put B k v --dta d",
      "unknown option '--dta'\n(Did you mean --data?)\nTry `machinist kv put --help`.",
    ],
    [
      "kv del B k --froce",
      "unknown option '--froce'\n(Did you mean --force?)\nTry `machinist kv del --help`.",
    ],
    ["kv put B k -x", "unknown option '-x'\nTry `machinist kv put --help`."],
    ["kv put B", "missing required argument 'key'\nTry `machinist kv put --help`."],
    [
      "kv get B k extra",
      "too many arguments for 'get'. Expected 2 arguments but got 3.\nTry `machinist kv get --help`.",
    ],
    [
      "list all more",
      "too many arguments for 'list'. Expected 1 argument but got 2.\nTry `machinist list --help`.",
    ],
    ["validate", "missing required argument 'path'\nTry `machinist validate --help`."],
    ["transition web", "missing required argument 'transition'\nTry `machinist transition --help`."],
    [
      "kv get B k --revision",
      "option '--revision <number>' argument missing\nTry `machinist kv get --help`.",
    ],
    [
      "kv get B k --revision two",
      "option '--revision <number>' argument 'two' is invalid. \"two\" is no whole number.\nTry `machinist kv get --help`.",
    ],
    [
      "kv get B k --revision 0",
      "option '--revision <number>' argument '0' is invalid. Revisions begin at 1.\nTry `machinist kv get --help`.",
    ],
    [
      "kv update B k v last",
      "value 'last' is invalid for argument 'revision'. \"last\" is no whole number.\nTry `machinist kv update --help`.",
    ],
    [
      "kv add B --ttl 10",
      "option '--ttl <duration>' argument '10' is invalid. \"10\" is no duration: it has no unit, write \"10s\" for seconds.\nTry `machinist kv add --help`.",
    ],
    [
      "kv add B --max-value-size 10X",
      "option '--max-value-size <size>' argument '10X' is invalid. \"10X\" is no size, write for example 512, 10K, 2M or 1G.\nTry `machinist kv add --help`.",
    ],
    [
      "kv add B --storage flie",
      "option '--storage <kind>' argument 'flie' is invalid. Allowed choices are file, memory. (Did you mean file?)\nTry `machinist kv add --help`.",
    ],
    [
      "kv add B --metadata owner",
      "option '--metadata <name=value>' argument 'owner' is invalid. \"owner\" is not of the form NAME=VALUE.\nTry `machinist kv add --help`.",
    ],
    [
      "graph x --format mermiad",
      "option '--format <format>' argument 'mermiad' is invalid. Allowed choices are tree, mermaid, dot, svg, json. (Did you mean mermaid?)\nTry `machinist graph --help`.",
    ],
    [
      "list --log-level loud",
      "option '--log-level <level>' argument 'loud' is invalid. Allowed choices are debug, info, warn, error, silent.\nTry `machinist --help`.",
    ],
    [
      "init x --template chek",
      "option '--template <template>' argument 'chek' is invalid. Allowed choices are follow, check. (Did you mean check?)\nTry `machinist init --help`.",
    ],
    ["init 1x", '"1x" is no name for a machine: a letter, then letters, digits, - and _, at most 128'],
    ["init web-temp", '"web-temp" is a name for directories in the making: a daemon passes them over'],
    ["kv del CFG", "missing argument 'key'; to remove the whole bucket write `machinist kv rm CFG`"],
    [
      "kv watch B --history --updates-only",
      "option '--updates-only' cannot be used with option '--history'\nTry `machinist kv watch --help`.",
    ],
    ["governor evct d 1", "unknown command 'evct'\n(Did you mean evict?)\nTry `machinist governor --help`."],
    ["governor add deploys", "missing required argument 'capacity'\nTry `machinist governor add --help`."],
    [
      "governor add deploys many",
      "value 'many' is invalid for argument 'capacity'. \"many\" is no whole number.\nTry `machinist governor add --help`.",
    ],
    ["data web gett k", 'unknown action "gett", did you mean "get"?'],
    ["data web show", 'unknown action "show", write get, set or unset'],
    ["data web get", "missing argument 'key' of data get"],
    ["data web get k 1", "too many arguments for data get: it takes a key only"],
    ["data web set k", "missing argument 'json' of data set"],
    ["data web set k tru", "the value for k is no JSON; text needs its quotes: '\"text\"'"],
  ])("machinist %s", async (line, message) => {
    const ran = await shell.run(...words(line));
    expect(ran).toMatchObject({ stdout: "", stderr: `machinist: ${message}\n`, status: 2 });
  });

  it.each(["", "kv", "governor", "--json"])("machinist %s shows its help on stderr", async (line) => {
    const ran = await shell.run(...words(line));
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(/^Usage: machinist/);
  });

  it("says it as JSON with --json", async () => {
    const ran = await shell.run("kv", "gte", "B", "--json");
    expect(JSON.parse(ran.stderr)).toEqual({
      error: { code: "USAGE", message: "unknown command 'gte'\n(Did you mean get?)", details: {} },
    });
    expect(ran).toMatchObject({ status: 2, stdout: "" });
  });
});

const commands = [
  ...[
    "",
    "run",
    "validate",
    "schema",
    "graph",
    "compile",
    "doctor",
    "init",
    "list",
    "show",
    "transition",
    "history",
    "data",
    "events",
    "facts",
    "status",
  ],
  ...[
    "token",
    "token new",
    "logs",
    "run-hook",
    "pause",
    "resume",
    "wait",
    "reset",
    "forget",
    "backup",
    "restore",
  ],
  ...["context", "context save", "context select", "context unselect", "context ls", "context rm"],
  ...[
    "kv",
    "kv add",
    "kv edit",
    "kv info",
    "kv ls",
    "kv put",
    "kv get",
    "kv create",
    "kv update",
    "kv del",
    "kv purge",
  ],
  ...["kv touch", "kv revert", "kv keys", "kv history", "kv watch", "kv rm"],
  ...["kv compact", "kv export", "kv import"],
  ...["governor", "governor add", "governor ls", "governor view"],
  ...["governor evict", "governor reset", "governor rm", "governor run"],
  ...["lock", "lock run", "completion", "explain", "config", "config show", "config check", "config example"],
  ...["plugins", "plugins keygen", "plugins pack", "plugins verify", "plugins match"],
  ...["topics", "topics ls", "topics retry", "topics drop"],
];

describe("--help", () => {
  it.each(commands)(
    "machinist %s: usage, global options and an example that begins with it",
    async (command) => {
      const ran = await shell.run(...words(command), "--help");
      const name = `machinist ${command}`.trim();
      expect(ran).toMatchObject({ status: 0, stderr: "" });
      expect(ran.stdout).toMatch(new RegExp(`^Usage: ${name}[ |]`));
      if (command === "") expect(ran.stdout).toContain("--log-format");
      else {
        expect(ran.stdout).toContain("Global options, such as --data");
        expect(ran.stdout).not.toContain("--log-format");
      }
      expect(ran.stdout.split("Examples:")[1]).toContain(`machinist ${command}`.trim());
    },
  );

  it.each([
    ["kv new", "kv add"],
    ["kv status", "kv info"],
    ["kv list", "kv ls"],
    ["kv delete", "kv del"],
    ["governor list", "governor ls"],
    ["governor delete", "governor rm"],
  ])("machinist %s is another name of %s", async (command, name) => {
    expect((await shell.run(...words(command), "--help")).stdout).toContain(`Usage: machinist ${name}|`);
  });

  it("knows every command that is listed here, and no other", async () => {
    const listed = async (...group: string[]): Promise<string[]> => {
      const { stdout } = await shell.run(...group, "--help");
      const [, section = ""] = stdout.split("Commands:\n");
      const names = [...section.matchAll(/^ {2}([a-z-]+)/gm)].map((match) => match[1] ?? "");
      return names.filter((name) => name !== "help").map((name) => [...group, name].join(" "));
    };
    const groups = await Promise.all(
      [[], ["kv"], ["governor"], ["plugins"], ["topics"], ["token"], ["lock"], ["config"], ["context"]].map(
        (group) => listed(...group),
      ),
    );
    const known = groups.flat();
    expect(known.toSorted()).toEqual(commands.filter((command) => command !== "").toSorted());
  });

  it("--version prints the version and nothing else", async () => {
    expect(await shell.run("--version")).toMatchObject({ status: 0, stdout: "0.1.0\n", stderr: "" });
  });
});

describe("what goes wrong inside", () => {
  it("a bug shows its message and no stack, unless debugging", async () => {
    const broken = (text: string): Promise<{ status: number; stderr: string }> =>
      shell.runWith({ clock: brokenClock }, ...words(text));
    await shell.run("kv", "add", "B", "--data", "d");
    const short = await broken("kv watch B --timeout 1s --data d");
    expect(short.status).toBe(1);
    expect(short.stderr).toBe(
      "machinist: the clock is broken\nThis should not happen; --log-level debug shows where it comes from.\n",
    );
    const long = await broken("kv watch B --timeout 1s --data d --log-level debug");
    expect(long.stderr).toMatch(/the clock is broken\n.*\n +at /);
  });

  it("an error on stdout that is no closed pipe is a failure", async () => {
    const full = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" }));
      },
    });
    expect(await shell.runWith({ stdout: full }, "schema")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no space left on device"),
    });
  });

  it("a reader who leaves ends it quietly", async () => {
    const closed = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
      },
    });
    expect(await shell.runWith({ stdout: closed }, "schema")).toMatchObject({ status: 0, stderr: "" });
  });
});

const brokenClock = {
  monotonic: () => 0,
  now: () => 0,
  after: () => {
    throw new Error("the clock is broken");
  },
};
