import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Shell } from "../shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
});
afterEach(() => shell[Symbol.asyncDispose]());

const machine = (name: string, command = "./run.sh", more = ""): string => `\
name: ${name}
version: 1.0.0
initial_state: WORK
transitions:
  - { name: done, from: [WORK], destination: IDLE }
  - { name: broke, from: [WORK], destination: FAILED }
watchers:
  - name: work
    type: exec
    state_match: [WORK]
    success_transition: done
    fail_transition: broke
    properties: { command: ${JSON.stringify(command)}${more} }
`;

async function write(path: string, text: string, mode = 0o644): Promise<void> {
  const file = shell.path(path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, mode);
}

interface Answer {
  ok: boolean;
  infos: number;
  machines: { name: string | null; faults: { severity: string; message: string; path: string }[] }[];
  passedOver: { file: string; faults: { message: string }[] }[];
}

async function validate(...argv: string[]): Promise<Answer> {
  return JSON.parse((await shell.run("validate", ...argv, "--json")).stdout);
}

async function messages(...argv: string[]): Promise<string[]> {
  const { machines } = await validate(...argv);
  return machines.flatMap(({ faults }) => faults.map(({ severity, message }) => `${severity}: ${message}`));
}

describe("validate finds the commonest mistakes", () => {
  beforeEach(() => write("m/run.sh", "#!/bin/sh\n", 0o755));

  it("finds nothing in a machine without mistakes", async () => {
    await write("m/machine.yaml", machine("m"));
    const ran = await shell.run("validate", "m");
    expect(ran).toMatchObject({ status: 0, stdout: "1 file valid\n" });
  });

  it("names shell syntax in the commands of exec, metric and nagios watchers", async () => {
    const others = `\
  - { name: measure, type: metric, properties: { command: "./run.sh > out" } }
  - { name: check, type: nagios, interval: 1m, state_match: [WORK], properties: { plugin: "./run.sh | sort" } }
  - { name: shell, type: metric, properties: { command: "sh -c './run.sh | sort'" } }
`;
    const text = machine("m", "./run.sh && echo $HOME *.txt").replace("  - { name: broke", "  - { name: X");
    await write("m/machine.yaml", text.replace("fail_transition: broke", "fail_transition: X") + others);
    const found = await messages("m");
    const remedy = "no shell runs; write `sh -c '…'` or a script, or quote what is meant literally";
    expect(found.filter((line) => line.includes("shell syntax"))).toEqual([
      `warning: found the shell syntax \`&&\`, \`$HOME\`, \`*.txt\`: ${remedy}`,
      `warning: found the shell syntax \`>\`: ${remedy}`,
      `warning: found the shell syntax \`|\`: ${remedy}`,
    ]);
  });

  it("names a missing script, and one that is not executable", async () => {
    await write("m/machine.yaml", machine("m", "./rnu.sh"));
    expect(await messages("m")).toEqual([
      `warning: there is no program "./rnu.sh": ${shell.path("m/rnu.sh")} does not exist, did you mean "./run.sh"?`,
    ]);
    await write("m/run.sh", "#!/bin/sh\n", 0o644);
    await write("m/machine.yaml", machine("m"));
    expect(await messages("m")).toEqual([
      `warning: ${shell.path("m/run.sh")} is not executable: chmod +x it`,
    ]);
  });

  it("names an interpreter line with CRLF", async () => {
    await write("m/run.sh", "#!/bin/sh\r\nexit 0\r\n", 0o755);
    await write("m/machine.yaml", machine("m"));
    expect(await messages("m")).toEqual([expect.stringContaining("its first line ends with CRLF")]);
  });

  it("takes PATH from the watcher's environment for data of the host", async () => {
    await write("m/machine.yaml", machine("m", "only-there", ', environment: ["PATH=/opt/bin"]'));
    expect(await messages("m")).toEqual([]);
  });

  it("names a state that an exec watcher never leaves after one failure", async () => {
    const trap = machine("m")
      .replace("    fail_transition: broke\n", "")
      .replace("  - { name: broke, from: [WORK], destination: FAILED }\n", "");
    const told =
      'warning: after one failure the machine stays in WORK: nothing leads out and nothing runs "work" again; add fail_transition, interval or retry';
    await write("m/machine.yaml", trap);
    expect(await messages("m")).toEqual([told]);
    for (const more of ["interval: 1m", "retry: { times: 3 }"]) {
      await write("m/machine.yaml", trap.replace("    properties", `    ${more}\n    properties`));
      expect(await messages("m")).toEqual([]);
    }
    const timer =
      "  - { name: late, type: timer, state_match: [WORK], fail_transition: done, properties: { timer: 1h } }\n";
    await write("m/machine.yaml", trap + timer);
    expect(await messages("m")).toEqual([]);
    await write(
      "m/machine.yaml",
      trap.replace("destination: IDLE }", "destination: IDLE, subscribe: [{ machine_name: o, event: e }] }"),
    );
    expect(await messages("m")).toEqual([]);
    // A failure that leads back to where it was leads nowhere.
    const circle = machine("m").replace("destination: FAILED", "destination: WORK");
    await write("m/machine.yaml", circle);
    expect(await messages("m")).toEqual([told]);
  });

  it("names a misspelt destination, an error, and a misspelt initial state", async () => {
    const running = (destination: string): string => `\
name: m
version: 1.0.0
initial_state: STOPPED
transitions:
  - { name: start, from: [STOPPED], destination: ${destination} }
  - { name: stop, from: [RUNNING], destination: STOPPED }
watchers:
  - { name: tick, type: timer, state_match: [STOPPED], fail_transition: start, properties: { timer: 1h } }
`;
    await write("m/machine.yaml", running("RUNING"));
    const [first] = await messages("m");
    expect(first).toBe(
      'error: destination "RUNING" is a state without a way out that no watcher names, did you mean "RUNNING"? To make it an end all the same, name it in the state_match of a watcher',
    );
    await write("m/machine.yaml", running("RUNMING"));
    expect((await messages("m"))[0]).toMatch(/^warning: destination "RUNMING" .*did you mean "RUNNING"/);
    await write(
      "m/machine.yaml",
      running("RUNNING").replace("initial_state: STOPPED", "initial_state: STOPED"),
    );
    expect(await messages("m")).toContain(
      'error: no transition leads out of the initial state "STOPED": the machine can never move, did you mean "STOPPED"?',
    );
    // Somebody names it: it is meant.
    const named = running("RUNING").replace("state_match: [STOPPED]", "state_match: [STOPPED, RUNING]");
    await write("m/machine.yaml", named);
    expect((await messages("m")).filter((line) => line.startsWith("error"))).toEqual([]);
  });

  it("names the second machine with a name, in one directory only", async () => {
    await write("drop/one.yaml", machine("same", "true"));
    await write("drop/two/machine.yaml", machine("same", "true"));
    await write("other/one.yaml", machine("same", "true"));
    const ran = await shell.run("validate", "drop", "other");
    expect(ran.status).toBe(2);
    expect(ran.stdout).toContain(
      'drop/two/machine.yaml:1:7 name: machine "same" is also in drop/one.yaml, and a daemon runs only that one: give each machine of a directory a name of its own\n',
    );
    expect(ran.stderr).toBe("machinist: 1 error, 0 warnings in 3 files\n");
  });
});

describe("names of machine files", () => {
  it("takes .yml as .yaml, and says when both exist", async () => {
    await write("drop/one.yml", machine("one", "true"));
    await write("drop/two/machine.yml", machine("two", "true"));
    expect(await shell.run("validate", "drop")).toMatchObject({ status: 0, stdout: "2 files valid\n" });
    await write("drop/one.yaml", machine("uno", "true"));
    await write("drop/two/machine.yaml", machine("due", "true"));
    const { machines, passedOver } = await validate("drop");
    expect(machines.map(({ name }) => name)).toEqual(["uno", "due"]);
    expect(passedOver.flatMap(({ faults }) => faults.map(({ message }) => message))).toEqual([
      "one.yml is not read, because one.yaml is beside it: remove one of them",
      "machine.yml is not read, because machine.yaml is beside it: remove one of them",
    ]);
  });

  it("names near misses, each with what to do", async () => {
    await write("drop/good.yaml", machine("good", "true"));
    for (const path of [
      "a/machine.yaml.txt",
      "b/Machine.yaml",
      "c/machine.json",
      "d/e/machine.yaml",
      "f/f.yaml",
      "g.yaml.txt",
      "h.YAML",
      // None of these is one.
      "good/values.yaml",
      "notes.txt",
      "facts.json",
      "tmp/Machine.yaml",
    ])
      await write(`drop/${path}`, "{}");
    const ran = await shell.run("validate", "drop", "--strict");
    expect(ran.status).toBe(2);
    expect(ran.stdout.trim().split("\n\n")).toEqual([
      "drop/a/machine.yaml.txt:1:1 warning: machine.yaml.txt is not read as a machine: rename it to machine.yaml",
      "drop/b/Machine.yaml:1:1 warning: Machine.yaml is not read as a machine: rename it to machine.yaml",
      "drop/c/machine.json:1:1 warning: machine.json is not read as a machine: rename it to machine.yaml; JSON is valid YAML",
      `drop/d/e/machine.yaml:1:1 warning: machine.yaml is not read as a machine: move its directory up, into the drop directory ${shell.path("drop")}`,
      "drop/f/f.yaml:1:1 warning: f.yaml is not read as a machine: rename it to machine.yaml",
      "drop/g.yaml.txt:1:1 warning: g.yaml.txt is not read as a machine: rename it to g.yaml",
      "drop/h.YAML:1:1 warning: h.YAML is not read as a machine: rename it to h.yaml",
    ]);
  });

  it("names them where there is no machine file at all", async () => {
    await write("drop/web/machine.json", "{}");
    expect((await shell.run("validate", "drop")).stderr).toBe(
      "machinist: there is no machine file in drop; machine.json is not read as a machine: rename it to machine.yaml; JSON is valid YAML\n",
    );
  });
});

describe("buckets and governors", () => {
  const kv =
    "  - { name: follow, type: kv, state_match: [IDLE], success_transition: again, properties: { bucket: DEPLOY, key: k } }\n";
  const text = machine("m", "true", ", governor: deploys")
    .replace("watchers:", "  - { name: again, from: [IDLE], destination: WORK }\nwatchers:")
    .concat(kv);

  it("are infos until somebody creates them, and never fail", async () => {
    await write("m.yaml", text);
    const ran = await shell.run("validate", "m.yaml", "--strict");
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/\n1 file valid, 2 infos\n$/);
    expect(ran.stdout).toContain(
      'm.yaml:14:46 info: watchers[0].properties.governor: governor "deploys" does not exist in this store; create it with `machinist governor add deploys CAPACITY`',
    );
    await shell.run("kv", "add", "DEPLOI");
    expect(await messages("m.yaml")).toContain(
      'info: bucket "DEPLOY" does not exist in this store, did you mean "DEPLOI"?',
    );
    await shell.run("kv", "add", "DEPLOY");
    await shell.run("governor", "add", "deploys", "2");
    expect(await messages("m.yaml")).toEqual([]);
  });

  it("are not looked for in a store that does not exist, and none is created", async () => {
    await write("m.yaml", text);
    expect(await validate("m.yaml")).toMatchObject({ ok: true, infos: 2 });
    await expect(readFile(shell.path(".machinist"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("formats", () => {
  const bad = machine("m", "echo 100% && x").replace("initial_state", "inital_state");
  beforeEach(() => write("a dir/m.yaml", bad));

  it("--strict ends with 2 for a warning", async () => {
    await write("m.yaml", machine("m", "echo a | b"));
    expect((await shell.run("validate", "m.yaml")).status).toBe(0);
    const ran = await shell.run("validate", "m.yaml", "--strict");
    expect(ran).toMatchObject({ status: 2, stderr: "machinist: 1 file valid, 1 warning\n" });
  });

  it("github: an annotation of the line for each fault", async () => {
    const ran = await shell.run("validate", "a dir/m.yaml", "--format", "github");
    expect(ran.status).toBe(2);
    const [error] = ran.stdout.split("\n");
    expect(error).toBe(
      '::error file=a dir/m.yaml,line=3,col=1,title=machinist::inital_state: unknown key "inital_state", did you mean "initial_state"?',
    );
    expect(ran.stdout).toMatch(/::warning file=a dir\/m\.yaml,line=13,col=\d+,title=machinist::watchers/);
  });

  it("sarif: a log that is valid by the schema of SARIF 2.1.0", async () => {
    const ran = await shell.run("validate", "a dir/m.yaml", "--format", "sarif");
    expect(ran.status).toBe(2);
    const log = JSON.parse(ran.stdout);
    const schema = JSON.parse(await readFile(new URL("sarif-2.1.0.schema.json", import.meta.url), "utf8"));
    const ajv = new Ajv({ strict: false });
    addFormats.default(ajv);
    expect([ajv.validate(schema, log), ajv.errors]).toEqual([true, null]);
    expect(log.runs[0].results[0]).toMatchObject({
      level: "error",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "a%20dir/m.yaml" },
            region: { startLine: 3, startColumn: 1 },
          },
        },
      ],
    });
    // The check finds faults.
    expect(ajv.validate(schema, { ...log, version: "2.0" })).toBe(false);
  });

  it("an unknown format is refused with the known ones", async () => {
    const ran = await shell.run("validate", "m.yaml", "--format", "xml");
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("text, json, github, sarif");
  });
});

it("lists in messages are whole, and no pattern is shown", async () => {
  const states = Array.from({ length: 30 }, (_, index) => `S${index}`);
  const transitions = states.map(
    (state, index) => `  - { name: t, from: [${state}], destination: S${index + 1} }`,
  );
  const watcher = "  - { name: w, type: kv, state_match: [NOWHERE], properties: { bucket: a.b, key: k } }";
  const head = "name: m\nversion: 1.0.0\ninitial_state: S0\ntransitions:\n";
  await write("m.yaml", `${head}${transitions.join("\n")}\nwatchers:\n${watcher}\n`);
  const found = await messages("m.yaml");
  expect(found).toContainEqual(expect.stringContaining([...states.slice(1), "S30"].slice(0, 29).join(", ")));
  expect(found).toContain('error: "a.b" is not allowed: expected letters, digits, _ and -');
});
