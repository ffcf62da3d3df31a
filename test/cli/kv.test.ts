import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Shell } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
});
afterEach(() => shell[Symbol.asyncDispose]());

const kv = (...argv: string[]) => shell.run("kv", ...argv);
const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
/** The store of the shell's directory, in messages. */
const place = () => `lmdb:${shell.path(".machinist", "store")}`;
const time = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d";
const binary = Buffer.from([0, 255, 10, 13, 128, 0]);

describe("the walkthrough of a configuration bucket", () => {
  it("add, put, get, get --raw, del, history, purge, info, rm", async () => {
    const limits = ["--history", "5", "--max-value-size", "10240", "--max-bucket-size", "102400"];
    expect(await kv("add", "CFG", ...limits)).toMatchObject({
      status: 0,
      stderr: `created store ${place()}\n`,
    });
    expect(await kv("put", "CFG", "username", "myservice")).toMatchObject({
      status: 0,
      stdout: "myservice\n",
    });
    const document = '{"a": 1}\n';
    const piped = await shell.runWith({ stdin: document }, "kv", "put", "CFG", "config", "--", "-");
    expect(piped).toMatchObject({ status: 0, stdout: `${document}\n` });

    const got = await kv("get", "CFG", "username");
    expect(got.stdout).toMatch(new RegExp(`^CFG > username revision: 1 created @ ${time}\n\nmyservice\n$`));
    expect((await kv("get", "CFG", "username", "--raw")).stdout).toBe("myservice");

    expect(await kv("del", "CFG", "username", "-f")).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(await kv("get", "CFG", "username")).toMatchObject({
      status: 3,
      stdout: "",
      stderr: `machinist: key "username" not found in bucket "CFG" of ${place()}\n`,
    });

    const history = await kv("history", "CFG", "username");
    const [title, , head, , first, second] = history.stdout.split("\n");
    expect(title).toBe("History for CFG > username");
    expect(head).toMatch(/^│ Key +│ Revision │ Operation │ Created +│ Length │ Value +│$/);
    expect(first).toMatch(new RegExp(`^│ username │ 1 +│ PUT +│ ${time} │ 9 +│ myservice │$`));
    expect(second).toMatch(new RegExp(`^│ username │ 3 +│ DEL +│ ${time} │ 0 +│ +│$`));

    expect(await kv("purge", "CFG", "-f")).toMatchObject({ status: 0, stdout: "" });
    const info = await kv("info", "CFG");
    expect(info.stdout).toContain("      Values Stored: 0\n");
    expect(info.stdout).toContain("Maximum Value Size: 10.0 KiB\n");
    expect(info.stdout).toContain("Maximum Bucket Size: 100.0 KiB\n");

    expect(await kv("rm", "CFG", "-f")).toMatchObject({ status: 0, stdout: "" });
    expect(await kv("info", "CFG")).toMatchObject({ status: 3 });
  });
});

describe("the walkthrough of locks", () => {
  it("one create wins, and an update needs the newest revision", async () => {
    await kv("add", "my-sem");
    expect(await kv("create", "my-sem", "Semaphore1", "Value1")).toMatchObject({
      status: 0,
      stdout: "Value1\n",
    });
    const second = await kv("create", "my-sem", "Semaphore1", "Value1");
    expect(second).toMatchObject({ status: 4, stdout: "" });
    expect(second.stderr).toMatch(/^machinist: .*Semaphore1.*\n$/);

    expect(await kv("update", "my-sem", "Semaphore1", "Value2", "1")).toMatchObject({
      stdout: "Value2\n",
      status: 0,
    });
    const late = await kv("update", "my-sem", "Semaphore1", "Value2", "1");
    expect(late).toMatchObject({ status: 4, stdout: "" });
    expect(late.stderr).toContain("2");
    expect(late.stderr).not.toContain("Value2");

    expect(await kv("del", "my-sem", "never-there", "-f")).toMatchObject({ status: 0 });
    await kv("del", "my-sem", "Semaphore1", "-f");
    expect(await kv("create", "my-sem", "Semaphore1", "again")).toMatchObject({
      status: 0,
      stdout: "again\n",
    });
  });
});

describe("kv add and kv info", () => {
  it("print the page of a bucket, labels to the right", async () => {
    const added = await kv("add", "my-kv");
    expect(added.stdout).toBe(`\
my-kv Key-Value Store Status

          Bucket Name: my-kv
         History Kept: 1
        Values Stored: 0
           Compressed: false
   Backing Store Kind: LMDB
          Bucket Size: 0 B
  Maximum Bucket Size: unlimited
   Maximum Value Size: unlimited
          Maximum Age: unlimited
              Storage: File
`);
    expect((await kv("info", "my-kv")).stdout).toBe(added.stdout);
    expect((await kv("status", "my-kv")).stdout).toBe(added.stdout);
  });

  it("take every setting, and show those that were set", async () => {
    const settings = ["--history", "9", "--max-value-size", "1K", "--max-bucket-size", "2M"];
    const notes = ["--description", "a b", "--metadata", "owner=ops", "--metadata", "x=y=z"];
    const added = await kv(
      "new",
      "B",
      ...settings,
      ...notes,
      "--storage",
      "file",
      "--replicas",
      "1",
      "--json",
    );
    expect(JSON.parse(added.stdout)).toMatchObject({
      ...{ bucket: "B", history: 9, maxValueSize: 1024, maxBytes: 2_097_152, storage: "file", replicas: 1 },
      ...{ description: "a b", metadata: { owner: "ops", x: "y=z" }, values: 0, bytes: 0, revision: 0 },
    });
    const { stdout } = await kv("info", "B");
    expect(stdout).toContain("Description: a b\n");
    expect(stdout).toContain("Metadata owner: ops\n");
  });

  it("add again: the same settings print the page, others end with 4", async () => {
    const first = await kv("add", "B", "--history", "3");
    expect(await kv("add", "B", "--history", "3")).toMatchObject({ status: 0, stdout: first.stdout });
    expect(await kv("add", "B", "--history", "4")).toMatchObject({ status: 4, stdout: "" });
  });

  it.each([
    ["a name", ["a b"]],
    ["a history beyond 64", ["B", "--history", "65"]],
    ["no history at all", ["B", "--history", "0"]],
  ])("refuse %s with 2", async (_name, argv) => {
    expect(await kv("add", ...argv)).toMatchObject({ status: 2, stdout: "" });
  });
});

describe("kv put, create, update: where the value comes from", () => {
  beforeEach(() => kv("add", "B", "--history", "5"));

  it.each<[string, string[], string | Uint8Array, string | Uint8Array]>([
    ["an argument", ["put", "B", "k", "v"], "ignored", "v"],
    ["an empty argument", ["put", "B", "k", ""], "ignored", ""],
    ["stdin, by -", ["put", "B", "k", "-"], "from stdin\n", "from stdin\n"],
    ["stdin, by nothing", ["put", "B", "k"], "piped", "piped"],
    ["stdin, bytes", ["put", "B", "k"], binary, binary],
    ["stdin, nothing in it", ["put", "B", "k"], "", ""],
    ["stdin, to create", ["create", "B", "k"], binary, binary],
    ["after --, with a dash", ["put", "B", "k", "--", "-5x"], "", "-5x"],
    ["a negative number", ["put", "B", "k", "-5"], "", "-5"],
    ["what looks like a global option, after --", ["put", "B", "k", "--", "--json"], "", "--json"],
  ])("%s", async (_name, argv, stdin, value) => {
    const ran = await shell.runWith({ stdin }, "kv", ...argv);
    expect(ran.status).toBe(0);
    expect(ran.bytes).toEqual(Buffer.concat([Buffer.from(value), Buffer.from("\n")]));
    expect((await kv("get", "B", "k", "--raw")).bytes).toEqual(Buffer.from(value));
  });

  it("update takes it from stdin by -", async () => {
    await kv("put", "B", "k", "one");
    expect(await shell.runWith({ stdin: binary }, "kv", "update", "B", "k", "-", "1")).toMatchObject({
      status: 0,
    });
    expect((await kv("get", "B", "k", "--raw")).bytes).toEqual(binary);
  });

  it("at a terminal a missing value is a usage error, not a wait for one", async () => {
    expect(await shell.runWith({ typed: "v\n" }, "kv", "put", "B", "k")).toMatchObject({
      status: 2,
      stderr: "machinist: missing argument 'value': write it, or pipe it in\n",
    });
  });

  it("--json says where it went", async () => {
    const written = async (...argv: string[]) => JSON.parse((await kv(...argv, "--json")).stdout);
    expect(await written("put", "B", "k", "v")).toEqual({ bucket: "B", key: "k", revision: 1 });
    expect(await written("create", "B", "l", "v")).toEqual({ bucket: "B", key: "l", revision: 2 });
    expect(await written("update", "B", "k", "w", "1")).toEqual({ bucket: "B", key: "k", revision: 3 });
    expect(await written("revert", "B", "k", "1", "-f")).toEqual({ bucket: "B", key: "k", revision: 4 });
    expect(await written("del", "B", "k", "-f")).toEqual({ bucket: "B", key: "k", revision: 5 });
    expect(await written("purge", "B", "k", "-f")).toEqual({ bucket: "B", key: "k", revision: 6 });
    expect(await written("purge", "B", "-f")).toEqual({ bucket: "B", purged: true });
    expect(await written("rm", "B", "-f")).toEqual({ bucket: "B", removed: true });
  });

  it("a bad key ends with 2, a missing bucket with 3 and the name that was meant", async () => {
    expect(await kv("put", "B", "a b", "secret")).toMatchObject({ status: 2, stdout: "" });
    await kv("add", "CONFIG");
    const missing = await kv("put", "CONFGI", "k", "secret");
    expect(missing).toMatchObject({
      status: 3,
      stderr: `machinist: bucket "CONFGI" not found in ${place()}; did you mean "CONFIG"?\n`,
    });
    expect((await kv("put", "other-one", "k", "v")).stderr).toBe(
      `machinist: bucket "other-one" not found in ${place()}; create it with \`machinist kv add other-one\`\n`,
    );
  });
});

describe("kv get", () => {
  beforeEach(() => kv("add", "B", "--history", "5"));

  it("--json: the whole entry, text as text and bytes as base64", async () => {
    await kv("put", "B", "k", "grüße");
    expect(JSON.parse((await kv("get", "B", "k", "--json")).stdout)).toEqual({
      bucket: "B",
      key: "k",
      value: "grüße",
      revision: 1,
      created: expect.stringMatching(/^\d{4}-.*Z$/),
      delta: 0,
      operation: "PUT",
      length: 7,
    });
    await shell.runWith({ stdin: binary }, "kv", "put", "B", "b");
    const entry = JSON.parse((await kv("get", "B", "b", "--json")).stdout);
    expect(entry).toMatchObject({ valueBase64: binary.toString("base64"), length: 6 });
    expect(entry).not.toHaveProperty("value");
  });

  it("shows people base64 of what they cannot read, and several lines as they are", async () => {
    await shell.runWith({ stdin: binary }, "kv", "put", "B", "b");
    expect((await kv("get", "B", "b")).stdout).toContain(`\n\n${binary.toString("base64")}\n`);
    await kv("put", "B", "escape", "\u001b[31mred");
    expect((await kv("get", "B", "escape")).stdout).not.toContain("\u001b");
    await kv("put", "B", "poem", "one\n\ttwo");
    expect((await kv("get", "B", "poem")).stdout).toMatch(/\n\none\n\ttwo\n$/);
  });

  it("--revision: the value it had then; 3 for a revision of another key", async () => {
    await kv("put", "B", "k", "one");
    await kv("put", "B", "k", "two");
    expect((await kv("get", "B", "k", "--revision", "1", "--raw")).stdout).toBe("one");
    expect(await kv("get", "B", "k", "--revision", "7")).toMatchObject({
      status: 3,
      stderr: `machinist: key "k" not found at revision 7 in bucket "B" of ${place()}\n`,
    });
  });
});

describe("kv revert", () => {
  it("writes the old value again, and ends with 3 when it is not kept", async () => {
    await kv("add", "B", "--history", "5");
    await kv("put", "B", "k", "one");
    await kv("put", "B", "k", "two");
    expect(await kv("revert", "B", "k", "1", "-f")).toMatchObject({ status: 0, stdout: "one\n" });
    expect((await kv("get", "B", "k", "--raw")).stdout).toBe("one");
    expect(await kv("revert", "B", "k", "9", "-f")).toMatchObject({ status: 3, stdout: "" });
  });
});

describe("kv revert, unforced", () => {
  const question = "Really revert to revision 1?";
  beforeEach(async () => {
    await kv("add", "B", "--history", "5");
    for (const value of [`${"a".repeat(20)}${"b".repeat(30)}`, "two"]) await kv("put", "B", "k", value);
  });

  it("shows the value and asks; a no changes nothing", async () => {
    const shown = `Revision: 1\n\n${"a".repeat(15)}...${"b".repeat(15)}\n\n${question} (y/N) `;
    expect(await shell.runWith({ typed: "n\n" }, "kv", "revert", "B", "k", "1")).toMatchObject({
      status: 0,
      stdout: "",
      stderr: `${shown}Skipping revert\n`,
    });
    expect((await kv("get", "B", "k", "--raw")).stdout).toBe("two");
    const agreed = await shell.runWith({ typed: "y\n" }, "kv", "revert", "B", "k", "1");
    expect(agreed).toMatchObject({ status: 0, stderr: shown });
    expect((await kv("get", "B", "k", "--raw")).stdout).toMatch(/^a+b+$/);
  });

  it("without a terminal it is a usage error that tells no value", async () => {
    expect(await kv("revert", "B", "k", "1")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: `machinist: cannot ask "${question}" without a terminal; -f does it unasked\n`,
    });
  });
});

describe("kv ls and kv keys", () => {
  it("ls: a table of buckets; -n: their names; --json: their status", async () => {
    await kv("add", "OLD");
    await kv("rm", "OLD", "-f");
    expect(await kv("ls")).toMatchObject({
      status: 0,
      stdout: "",
      stderr: `no buckets in ${place()}; create one with \`machinist kv add NAME\`\n`,
    });
    await kv("add", "TWO", "--description", "the second");
    await kv("add", "ONE", "--history", "7");
    await kv("put", "ONE", "k", "v");
    const { stdout } = await kv("ls");
    const [, head, , one, two] = stdout.split("\n");
    expect(head).toMatch(/^│ Bucket │ History │ Values │ Size +│ Created +│ Description +│$/);
    expect(one).toMatch(new RegExp(`^│ ONE +│ 7 +│ 1 +│ \\d+ B +│ ${time} │ +│$`));
    expect(two).toMatch(new RegExp(`^│ TWO +│ 1 +│ 0 +│ 0 B +│ ${time} │ the second +│$`));
    expect((await kv("list", "-n")).stdout).toBe("ONE\nTWO\n");
    expect(JSON.parse((await kv("ls", "--json")).stdout)).toMatchObject([
      { bucket: "ONE", values: 1 },
      { bucket: "TWO" },
    ]);
    expect(JSON.parse((await kv("ls", "-n", "--json")).stdout)).toEqual(["ONE", "TWO"]);
  });

  it("ls BUCKET and keys: live keys that match, sorted; -v: a table", async () => {
    await kv("add", "B");
    for (const key of ["b", "a.x", "a.y", "gone"]) await kv("put", "B", key, `value of ${key}`);
    await kv("del", "B", "gone", "-f");
    expect((await kv("ls", "B")).stdout).toBe("a.x\na.y\nb\n");
    expect((await kv("keys", "B")).stdout).toBe("a.x\na.y\nb\n");
    expect((await kv("ls", "B", "a.*")).stdout).toBe("a.x\na.y\n");
    expect((await kv("keys", "B", "a.>")).stdout).toBe("a.x\na.y\n");
    expect((await kv("keys", "B", "--json")).stdout).toBe('"a.x"\n"a.y"\n"b"\n');
    expect((await kv("ls", "B", "-v")).stdout).toMatch(
      new RegExp(
        `│ Key │ Revision │ Created +│ Length │ Value +│\n.*\n│ a.x │ 2 +│ ${time} │ 12 +│ value of a.x │`,
      ),
    );
    expect(await kv("keys", "B", "c.*")).toMatchObject({
      status: 0,
      stdout: "",
      stderr: 'no keys in bucket B match "c.*"\n',
    });
    expect(await kv("keys", "B", "c.*", "--json")).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(await kv("keys", "B", "a..b")).toMatchObject({ status: 2 });
  });
});

describe("kv history", () => {
  beforeEach(() => kv("add", "B", "--history", "5"));

  it("--json: an entry per line, markers included", async () => {
    await kv("put", "B", "k", "one");
    await kv("del", "B", "k", "-f");
    await kv("put", "B", "l", "two");
    await kv("purge", "B", "l", "-f");
    expect(lines((await kv("history", "B", ">", "--json")).stdout)).toMatchObject([
      { key: "k", operation: "PUT", revision: 1, value: "one", length: 3 },
      { key: "k", operation: "DEL", revision: 2, value: "", length: 0 },
      { key: "l", operation: "PURGE", revision: 4, value: "", length: 0 },
    ]);
  });

  it("shows the beginning and the end of a long value, one line of several, base64 of bytes", async () => {
    await kv("put", "B", "long", `${"a".repeat(20)}${"b".repeat(20)}c`);
    await kv("put", "B", "forty", "d".repeat(40));
    await kv("put", "B", "poem", "one\ntwo");
    await shell.runWith({ stdin: binary }, "kv", "put", "B", "bytes");
    const { stdout } = await kv("history", "B", ">");
    expect(stdout).toContain(`│ ${"a".repeat(15)}...${"b".repeat(14)}c `);
    expect(stdout).toContain(`│ ${"d".repeat(40)} │`);
    expect(stdout).toContain("│ one\\ntwo ");
    expect(stdout).toContain(`│ ${binary.toString("base64")} `);
  });

  it("of a key without entries ends with 3; of a filter without hits with 0", async () => {
    expect(await kv("history", "B", "k")).toMatchObject({
      status: 3,
      stderr: `machinist: key "k" not found in bucket "B" of ${place()}\n`,
    });
    expect(await kv("history", "B", "k.*")).toMatchObject({
      status: 0,
      stdout: "",
      stderr: 'no entries in bucket B match "k.*"\n',
    });
  });
});

describe("questions before something is lost", () => {
  beforeEach(async () => {
    await kv("add", "CFG");
    await kv("put", "CFG", "username", "v");
  });

  it.each([
    ["del CFG username", "Delete key CFG > username?", "Skipping delete"],
    ["rm CFG", "Delete bucket CFG?", "Skipping delete"],
    ["purge CFG username", "Purge key CFG > username?", "Skipping purge"],
    ["purge CFG", "Purge all keys and their history from bucket CFG?", "Skipping purge"],
  ])("kv %s", async (line, question, declined) => {
    const argv = ["kv", ...line.split(" ")];
    expect(await shell.run(...argv)).toMatchObject({
      status: 2,
      stdout: "",
      stderr: `machinist: cannot ask "${question}" without a terminal; -f does it unasked\n`,
    });
    for (const typed of ["n\n", "\n", "nonsense\n", ""]) {
      expect(await shell.runWith({ typed }, ...argv)).toMatchObject({
        status: 0,
        stdout: "",
        stderr: `${question} (y/N) ${declined}\n`,
      });
    }
    expect((await kv("get", "CFG", "username", "--raw")).stdout).toBe("v");
    expect(await shell.runWith({ typed: "Yes\n" }, ...argv)).toMatchObject({
      status: 0,
      stderr: `${question} (y/N) `,
    });
    expect((await kv("get", "CFG", "username")).status).toBe(3);
  });

  it("del --revision deletes only that one, del of a filter all that match", async () => {
    expect(await kv("del", "CFG", "username", "--revision", "7", "-f")).toMatchObject({ status: 4 });
    expect(await kv("del", "CFG", "username", "--revision", "1", "-f")).toMatchObject({ status: 0 });
    for (const key of ["a.x", "a.y", "b"]) await kv("put", "CFG", key, "v");
    expect(await kv("delete", "CFG", "a.*", "--force")).toMatchObject({ status: 0 });
    expect((await kv("keys", "CFG")).stdout).toBe("b\n");
  });

  it("rm of a bucket that is not there ends with 3 before any question", async () => {
    expect(await shell.runWith({ typed: "y\n" }, "kv", "rm", "CGF")).toMatchObject({
      status: 3,
      stderr: `machinist: bucket "CGF" not found in ${place()}; did you mean "CFG"?\n`,
    });
  });
});

describe("which store", () => {
  it("global options work before and after the verb, by flag, environment and file", async () => {
    expect(await shell.run("--data", "d", "kv", "add", "B")).toMatchObject({ status: 0 });
    expect(await shell.run("kv", "--data", "d", "put", "B", "k", "v")).toMatchObject({ status: 0 });
    expect((await shell.run("kv", "get", "B", "k", "--raw", "--data", "d")).stdout).toBe("v");
    expect((await shell.runWith({ environment: { MACHINIST_DATA: "d" } }, "kv", "keys", "B")).stdout).toBe(
      "k\n",
    );
    expect((await shell.run("kv", "keys", "B", "--store", "lmdb:d/store")).stdout).toBe("k\n");
    expect(await shell.run("kv", "keys", "B")).toMatchObject({ status: 3 });
  });

  it("a store that cannot be reached ends with 1 and its address without the password", async () => {
    const ran = await shell.run("kv", "ls", "--store", "nats://me:secret@127.0.0.1:1");
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain("nats://127.0.0.1:1");
    expect(ran.stderr).not.toContain("secret");
  });
});
