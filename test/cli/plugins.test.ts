import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKeyPair, isSignedBy } from "../../src/lib/ed25519.ts";
import { plugins } from "../../watchers/plugins.ts";
import { entry, installing } from "../watchers/installing.ts";
import { Shell } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
});
afterEach(() => shell[Symbol.asyncDispose]());

async function write(name: string, content: unknown): Promise<void> {
  await writeFile(shell.path(name), typeof content === "string" ? content : JSON.stringify(content));
}

/** Makes `key.seed`. @returns its public key */
async function keygen(file = "key.seed"): Promise<string> {
  return (await shell.run("plugins", "keygen", file)).stdout.trim();
}

describe("plugins keygen", () => {
  it("prints the public key and nothing of the seed, which only its user may read", async () => {
    const ran = await shell.run("plugins", "keygen", "key.seed");
    expect(ran).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) });
    const seed = await readFile(shell.path("key.seed"), "utf8");
    expect(seed).toMatch(/^[0-9a-f]{64}\n$/);
    expect(ran.stdout).not.toBe(seed);
    expect((await stat(shell.path("key.seed"))).mode & 0o777).toBe(0o600);
  });

  it("replaces no key unless told to", async () => {
    await keygen();
    expect(await shell.run("plugins", "keygen", "key.seed")).toMatchObject({
      status: 4,
      stdout: "",
      stderr: `machinist: file ${shell.path("key.seed")} exists already: -f replaces it\n`,
    });
    const forced = await shell.run("plugins", "keygen", "key.seed", "-f", "--json");
    expect(JSON.parse(forced.stdout)).toEqual({
      publicKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      seedFile: shell.path("key.seed"),
    });
  });
});

describe("plugins pack and verify", () => {
  it("what is packed with a seed is believed by the watcher that has the key, and by verify", async () => {
    const key = await keygen();
    await write("list.json", [entry("web", { match: "identity('.')" })]);
    const ran = await shell.run("plugins", "pack", "list.json", "key.seed", "--output", "spec.json");
    expect(ran).toMatchObject({ status: 0, stdout: "spec.json\n", stderr: "" });
    expect((await stat(shell.path("spec.json"))).mode & 0o777).toBe(0o600);
    const specification = JSON.parse(await readFile(shell.path("spec.json"), "utf8"));
    const { give } = installing(plugins, { public_key: key });
    expect(await give(specification)).toMatchObject({ outcome: "updated", detail: { plugins: ["web"] } });
    expect(await shell.run("plugins", "verify", "spec.json", key)).toMatchObject({
      status: 0,
      stdout: `spec.json is signed by ${key}\n`,
    });
    await write("key.pub", `${key}\n`);
    const json = await shell.run("plugins", "verify", "spec.json", "key.pub", "--json");
    expect(JSON.parse(json.stdout)).toEqual({ kind: "plugins", publicKey: key, entries: ["web"] });
  });

  it("--for machines signs what the text stands for", async () => {
    const key = await keygen();
    const list = ` ${JSON.stringify([entry("web")], null, 2)}\n`;
    await write("list.json", list);
    const { stdout } = await shell.run("plugins", "pack", "list.json", "key.seed", "--for", "machines");
    const { machines, signature } = JSON.parse(stdout);
    expect(Buffer.from(machines, "base64").toString("utf8")).toBe(list);
    expect(isSignedBy(key, Buffer.from(list), signature)).toBe(true);
    await write("spec.json", stdout);
    expect(await shell.run("plugins", "verify", "spec.json", key)).toMatchObject({ status: 0 });
  });

  it("unsigned is said, unless forced", async () => {
    await write("list.json", [entry("web")]);
    const ran = await shell.run("plugins", "pack", "list.json");
    expect(ran).toMatchObject({ status: 0, stderr: "It is not signed: there is no seed.\n" });
    expect(Object.keys(JSON.parse(ran.stdout))).toEqual(["plugins"]);
    expect(await shell.run("plugins", "pack", "list.json", "-f")).toMatchObject({ status: 0, stderr: "" });
  });

  it("an empty list and a file that is there need -f", async () => {
    await write("list.json", []);
    expect(await shell.run("plugins", "pack", "list.json")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: "machinist: list.json: the list is empty; -f packs it nevertheless\n",
    });
    await write("spec.json", "mine");
    await write("full.json", [entry("web")]);
    expect(await shell.run("plugins", "pack", "full.json", "--output", "spec.json")).toMatchObject({
      status: 4,
      stdout: "",
    });
    expect(await readFile(shell.path("spec.json"), "utf8")).toBe("mine");
    const forced = await shell.run("plugins", "pack", "list.json", "-f", "--output", "spec.json", "--json");
    expect(JSON.parse(forced.stdout)).toEqual({ file: shell.path("spec.json"), signed: false });
    expect(JSON.parse(await readFile(shell.path("spec.json"), "utf8"))).toEqual({ plugins: "W10=" });
  });

  it.each<[string, unknown, string, number]>([
    ["no JSON", "[", "its content is no JSON; expected a JSON list of entries", 1],
    [
      "a bad name",
      [entry("../x")],
      'entry 1: name "../x" is none; use 1 to 100 of A-Z a-z 0-9 _ -, a letter first',
      1,
    ],
    ["no checksum", [entry("web"), entry("db", { checksum: "" })], "entry 2 (db) has no checksum", 1],
  ])("a list with %s is refused", async (_, list, reason, status) => {
    await write("list.json", list);
    expect(await shell.run("plugins", "pack", "list.json")).toMatchObject({
      status,
      stdout: "",
      stderr: `machinist: list.json: ${reason}\n`,
    });
  });

  it("a match that is no expression, and a seed that is none, are refused, each in its place", async () => {
    await write("list.json", [entry("web", { match: "nonsense('x')" })]);
    const bad = await shell.run("plugins", "pack", "list.json", "-f");
    expect(bad.status).toBe(2);
    expect(bad.stderr).toMatch(/^machinist: list\.json: match of web: .*nonsense/);
    await write("list.json", [entry("web")]);
    await write("bad.seed", "secret");
    const unseeded = await shell.run("plugins", "pack", "list.json", "bad.seed");
    expect(unseeded).toMatchObject({ status: 2, stdout: "" });
    expect(unseeded.stderr).toMatch(/^machinist: bad\.seed: found a private key that is none; /);
    expect(unseeded.stderr).not.toContain("secret");
    expect(await shell.run("plugins", "pack", "none.json")).toMatchObject({ status: 3, stdout: "" });
  });

  it("verify: another key, a changed specification and an unsigned one end with 1", async () => {
    const key = await keygen();
    const other = createKeyPair().publicKey;
    await write("list.json", [entry("web")]);
    await shell.run("plugins", "pack", "list.json", "key.seed", "--output", "spec.json");
    const notThis = "its signature is not one of the configured key over this content";
    expect(await shell.run("plugins", "verify", "spec.json", other)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `machinist: spec.json is not signed by ${other}: ${notThis}\n`,
    });
    const { signature } = JSON.parse(await readFile(shell.path("spec.json"), "utf8"));
    await write("changed.json", { plugins: "W10=", signature });
    expect(await shell.run("plugins", "verify", "changed.json", key)).toMatchObject({ status: 1 });
    await write("unsigned.json", { plugins: "W10=" });
    expect(await shell.run("plugins", "verify", "unsigned.json", key)).toMatchObject({
      status: 1,
      stderr: `machinist: unsigned.json is not signed by ${key}: it has no signature\n`,
    });
    await write("both.json", { plugins: "W10=", machines: "W10=" });
    expect(await shell.run("plugins", "verify", "both.json", key)).toMatchObject({ status: 1 });
    expect(await shell.run("plugins", "verify", "list.json", "key.none")).toMatchObject({ status: 1 });
    expect(await shell.run("plugins", "verify", "spec.json", "key.none")).toMatchObject({ status: 3 });
    expect(await shell.run("plugins", "verify", "spec.json", "list.json")).toMatchObject({ status: 2 });
  });
});

describe("plugins match", () => {
  it("says match or no match, exit 0 both ways", async () => {
    const match = (expression: string, ...more: string[]) =>
      shell.run("plugins", "match", expression, ...more);
    expect(await match("identity('^web')", "--identity", "web1")).toMatchObject({
      status: 0,
      stdout: "match\n",
    });
    expect(await match("identity('^web')", "--identity", "db1")).toMatchObject({
      status: 0,
      stdout: "no match\n",
    });
    await write("facts.yaml", "os: { family: debian }");
    const ran = await match("get_fact('os.family') == 'debian'", "--facts", "facts.yaml", "--json");
    expect(JSON.parse(ran.stdout)).toEqual({ matches: true });
    await mkdir(shell.path(".machinist"));
    await write(".machinist/facts.json", { os: { family: "redhat" } });
    expect((await match("get_fact('os.family') == 'redhat'")).stdout).toBe("match\n");
  });

  it("has_command looks in PATH, for what may be run", async () => {
    await mkdir(shell.path("bin"));
    await write("bin/tool", "#!/bin/sh\n");
    const asked = () =>
      shell.runWith(
        { environment: { PATH: `/nonexistent:${shell.path("bin")}` } },
        "plugins",
        "match",
        "has_command('tool')",
      );
    expect((await asked()).stdout).toBe("no match\n");
    await chmod(shell.path("bin/tool"), 0o755);
    expect((await asked()).stdout).toBe("match\n");
  });

  it("what is no expression ends with 2, facts that are not there with 3", async () => {
    expect(await shell.run("plugins", "match", "identity(")).toMatchObject({ status: 2, stdout: "" });
    expect(await shell.run("plugins", "match", "identity('(')")).toMatchObject({ stdout: "" });
    expect(await shell.run("plugins", "match", "true", "--facts", "none.yaml")).toMatchObject({
      status: 3,
      stdout: "",
    });
  });
});
