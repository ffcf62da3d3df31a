import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createActor, createMachine } from "xstate";
import { Shell } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
});
afterEach(() => shell[Symbol.asyncDispose]());

const good = `\
name: good
version: 1.0.0
initial_state: ONE
transitions:
  - { name: go, from: [ONE, TWO], destination: TWO }
  - { name: back, from: [TWO], destination: ONE, subscribe: [{ machine_name: other, event: done }] }
  - { name: go, from: [TWO], destination: ONE }
  - { name: end, from: [TWO], destination: END }
watchers:
  - { name: wait, type: timer, state_match: [ONE, TWO], fail_transition: go, properties: { timer: 1m } }
  - { name: follow, type: kv, state_match: [TWO], success_transition: back, properties: { bucket: B, key: k, delete_transition: end } }
`;
const bad = good.replace("initial_state", "inital_state").replace("timer: 1m", "timer: 1");

async function write(path: string, text: string): Promise<void> {
  const file = shell.path(path);
  await mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
  await writeFile(file, text);
}

describe("validate", () => {
  it("tells every fault with its place and a code frame, a summary, and ends with 2", async () => {
    await write("machines/bad.yaml", bad);
    const ran = await shell.run("validate", "machines/bad.yaml");
    expect(ran.status).toBe(2);
    expect(ran.stdout).toContain("machines/bad.yaml:3:1");
    expect(ran.stdout).toContain('did you mean "initial_state"?');
    expect(ran.stdout).toMatch(/> +3 \| inital_state: ONE\n +\| \^+\n/);
    expect(ran.stdout).toContain("machines/bad.yaml:10:");
    expect(ran.stderr).toMatch(/^machinist: 2 errors, 0 warnings, 1 info in 1 file\n$/);
  });

  it("takes a file, a machine's directory and a drop directory, each file once", async () => {
    await write("machines/one.yaml", good);
    await write("machines/two/machine.yaml", good.replace("name: good", "name: two"));
    await write("machines/.three/machine.yaml", bad);
    await write("machines/four-temp/machine.yaml", bad);
    const paths = ["machines", "machines/two", "machines/one.yaml"];
    const ran = await shell.run("validate", ...paths, "--json");
    expect(ran.status).toBe(0);
    const { machines, ...counts } = JSON.parse(ran.stdout);
    expect(counts).toMatchObject({ ok: true, files: 2, errors: 0 });
    expect(machines.map(({ file }: { file: string }) => file)).toEqual([
      shell.path("machines/one.yaml"),
      shell.path("machines/two/machine.yaml"),
    ]);
  });

  it("--json: the faults as data, also when there are errors", async () => {
    await write("bad.yaml", bad);
    const ran = await shell.run("validate", "bad.yaml", "--json");
    expect(ran.status).toBe(2);
    const { ok, machines } = JSON.parse(ran.stdout);
    expect(ok).toBe(false);
    expect(machines[0]).toMatchObject({ file: shell.path("bad.yaml"), name: null });
    expect(machines[0].faults[0]).toMatchObject({ line: 3, column: 1, severity: "error" });
    expect(JSON.parse(ran.stderr).error).toMatchObject({ code: "INVALID_DEFINITION" });
  });

  it("colours places on a terminal, unless told not to", async () => {
    await write("bad.yaml", bad);
    expect((await shell.runWith({ typed: "" }, "validate", "bad.yaml")).stdout).toContain(
      "\u001b[1mbad.yaml:3:1",
    );
    expect((await shell.runWith({ typed: "" }, "validate", "bad.yaml", "--no-color")).stdout).not.toContain(
      "\u001b",
    );
    const environment = { NO_COLOR: "1" };
    expect((await shell.runWith({ typed: "", environment }, "validate", "bad.yaml")).stdout).not.toContain(
      "\u001b",
    );
  });

  it("a path that is not there, and one that holds no machine, end with 3", async () => {
    await mkdir(shell.path("empty"));
    expect(await shell.run("validate", "none.yaml")).toMatchObject({ status: 3, stdout: "" });
    expect(await shell.run("validate", "empty")).toMatchObject({
      status: 3,
      stderr: "machinist: there is no machine file in empty\n",
    });
  });
});

describe("graph", () => {
  beforeEach(() => write("good.yaml", good));

  it("tree: states, ways out, and what fires them; the last definition of a transition wins", async () => {
    expect((await shell.run("graph", "good.yaml")).stdout).toBe(`\
good 1.0.0
├─ ○ ONE (initial)
│     └─ go → TWO  [wait on failure]
├─ ○ TWO
│     ├─ go → ONE  [wait on failure]
│     ├─ back → ONE  [follow on success, done of other]
│     └─ end → END  [follow]
└─ ○ END (no way out)
`);
  });

  it("mermaid", async () => {
    expect((await shell.run("graph", "good.yaml", "--format", "mermaid")).stdout).toBe(`\
stateDiagram-v2
  state "ONE" as s0
  state "TWO" as s1
  state "END" as s2
  [*] --> s0
  s0 --> s1 : go
  s1 --> s0 : go
  s1 --> s0 : back
  s1 --> s2 : end
`);
  });

  it("dot", async () => {
    expect((await shell.run("graph", "good.yaml", "--format", "dot")).stdout).toBe(`\
digraph "good" {
  rankdir=LR;
  "" [shape=point];
  "ONE" [shape=circle];
  "TWO" [shape=circle];
  "END" [shape=doublecircle];
  "" -> "ONE";
  "ONE" -> "TWO" [label="go"];
  "TWO" -> "ONE" [label="go"];
  "TWO" -> "ONE" [label="back"];
  "TWO" -> "END" [label="end"];
}
`);
  });

  it("shows what transitions do to the data, without values, in each text format", async () => {
    const end = "destination: END, set: { note: secret }, increment: [n, { key: m, window: 90m }] }";
    await write("counting.yaml", good.replace("destination: END }", end));
    const shown = "count n, count m in 1h30m, set note";
    const graph = async (format: string) =>
      (await shell.run("graph", "counting.yaml", "--format", format)).stdout;
    expect(await graph("tree")).toContain(`end → END / ${shown}`);
    expect(await graph("mermaid")).toContain(
      "s1 --> s2 : end #47; count n#44; count m in 1h30m#44; set note",
    );
    expect(await graph("dot")).toContain(`"TWO" -> "END" [label="end / ${shown}"];`);
    expect(JSON.parse(await graph("json")).arrows[3]).toMatchObject({ transition: "end", assigns: shown });
    expect(await graph("svg")).toContain("end / count n");
    const { stdout } = await shell.run("compile", "counting.yaml");
    expect(JSON.parse(stdout).states.TWO.on.end.actions).toEqual([
      {
        type: "assign",
        params: {
          set: { note: "secret" },
          increment: [
            { key: "n", by: 1 },
            { key: "m", by: 1, window: "1h30m" },
          ],
        },
      },
    ]);
  });

  it("json, by --format or by --json", async () => {
    const { stdout } = await shell.run("graph", "good.yaml", "--format", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      name: "good",
      initialState: "ONE",
      states: ["ONE", "TWO", "END"],
      arrows: [{ from: "ONE", transition: "go", to: "TWO", firedBy: ["wait on failure"] }, {}, {}, {}],
    });
    expect((await shell.run("graph", "good.yaml", "--json")).stdout).toBe(stdout);
  });

  it("svg: a document of its own, no state marked", async () => {
    const { stdout } = await shell.run("graph", "good.yaml", "--format", "svg");
    expect(stdout).toMatch(/^<svg class="chart" xmlns=/);
    expect(stdout).toContain(
      'aria-label="State chart of good 1.0.0: 3 states, 4 transitions, initial state ONE."',
    );
    expect(stdout).not.toContain('class="ring"');
  });

  it("of a bad file: its faults, exit 2; of a directory of several: exit 2 and a name", async () => {
    await write("bad.yaml", bad);
    const ran = await shell.run("graph", "bad.yaml");
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toContain("bad.yaml:3:1");
    await write("machines/a.yaml", good);
    await write("machines/b.yaml", good);
    expect(await shell.run("graph", "machines")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("holds several machines; name one, such as"),
    });
  });
});

describe("compile", () => {
  it("prints a configuration that xstate runs", async () => {
    await write("good.yaml", good);
    const { stdout, status } = await shell.run("compile", "good.yaml");
    expect(status).toBe(0);
    const actor = createActor(createMachine(JSON.parse(stdout))).start();
    actor.send({ type: "go" });
    expect(actor.getSnapshot().value).toBe("TWO");
    actor.send({ type: "go" });
    expect(actor.getSnapshot().value).toBe("ONE");
    actor.stop();
    const json = await shell.run("compile", "good.yaml", "--json");
    expect(json.stdout).not.toContain("\n ");
    expect(JSON.parse(json.stdout)).toEqual(JSON.parse(stdout));
  });

  it("of a bad file: exit 2; of none: exit 3", async () => {
    await write("bad.yaml", bad);
    expect(await shell.run("compile", "bad.yaml")).toMatchObject({ status: 2, stdout: "" });
    expect(await shell.run("compile", "none.yaml")).toMatchObject({ status: 3, stdout: "" });
  });
});

describe("schema", () => {
  it("is one JSON document that knows all watcher types", async () => {
    const schema = JSON.parse((await shell.run("schema")).stdout);
    expect(schema.$schema).toContain("2020-12");
    expect(Object.keys(schema.$defs)).toEqual(expect.arrayContaining(["exec", "kv", "timer"]));
    expect(JSON.parse((await shell.run("schema", "--json")).stdout)).toEqual(schema);
  });
});

describe("init", () => {
  it.each(["follow", "check"])(
    "--template %s makes a directory that validates without a warning",
    async (template) => {
      const made = await shell.run("init", "hello", "--template", template);
      expect(made).toMatchObject({
        status: 0,
        stderr: "Edit it, then try `machinist validate machines/hello`.\n",
      });
      expect(made.stdout).toContain("machines/hello/machine.yaml\n");
      expect(await shell.run("validate", "machines/hello", "--strict")).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/(^|\n)1 file valid(, 1 info)?\n$/),
      });
      for (const name of (await readdir(shell.path("machines/hello"))).filter((file) =>
        file.endsWith(".sh"),
      )) {
        expect((await stat(shell.path("machines/hello", name))).mode & 0o111).toBe(0o111);
      }
      // Nothing is left of the making.
      expect(await readdir(shell.path("machines"))).toEqual(["hello"]);
    },
  );

  it("follow is the default; its first line leads editors to the schema of the package", async () => {
    const { stdout } = await shell.run("init", "hello", "--json");
    const made = JSON.parse(stdout);
    expect(made).toEqual({
      machine: "hello",
      directory: shell.path("machines/hello"),
      files: [shell.path("machines/hello/machine.yaml"), shell.path("machines/hello/work.sh")],
    });
    const [line = ""] = (await readFile(shell.path("machines/hello/machine.yaml"), "utf8")).split("\n");
    expect(line).toMatch(/^# yaml-language-server: \$schema=(\.\.\/)+.*schemas\/machine\.schema\.json$/);
  });

  it("goes to the first drop directory of the config", async () => {
    await writeFile(shell.path("machinist.yaml"), "machines: [agents, more]");
    expect((await shell.run("init", "hello")).stdout).toContain("agents/hello/machine.yaml\n");
  });

  it.each(["hello", "hello.yaml"])("never touches what is there: %s", async (there) => {
    await write(`machines/${there}`, "mine");
    const ran = await shell.run("init", "hello");
    expect(ran).toMatchObject({
      status: 4,
      stdout: "",
      stderr: `machinist: ${shell.path("machines", there)} exists already; choose another name\n`,
    });
    expect(await readFile(shell.path("machines", there), "utf8")).toBe("mine");
  });
});
