/** Names of machine files, and mistakes around them, as a daemon tells of them. */
import { chmod, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Supervised, supervise, yaml } from "./supervise.ts";

function warnings({ lines }: Supervised): string[] {
  return lines.filter(({ level }) => level === "warn").map(({ message }) => message);
}

function names({ supervisor }: Supervised): string[] {
  return supervisor.slots.map(({ name, machine }) => `${name} ${machine?.definition.description ?? "-"}`);
}

describe("a drop directory takes .yml", () => {
  it("as it takes .yaml", async () => {
    const daemon = await supervise({
      "one.yml": yaml("one", "description: yml\n"),
      "two/machine.yml": yaml("two", "description: yml\n"),
    });
    expect(names(daemon)).toEqual(["one yml", "two yml"]);
    expect(warnings(daemon)).toEqual([]);
  });

  it("and reads only the .yaml when both exist, whichever comes first and goes first", async () => {
    const daemon = await supervise({ "m/machine.yml": yaml("m", "description: yml\n") });
    const { write, logged, drop, until } = daemon;
    const replaced = logged("machine runs");
    await write("m/machine.yaml", yaml("m", "description: yaml\n"));
    await replaced;
    await until(() => daemon.supervisor.slots.length === 1);
    expect(names(daemon)).toEqual(["m yaml"]);
    const told = "machine.yml is not read, because machine.yaml is beside it: remove one of them";
    expect(warnings(daemon)).toEqual([told]);
    const back = logged("machine runs");
    await rm(join(drop, "m/machine.yaml"));
    await back;
    await until(() => daemon.supervisor.slots.length === 1);
    expect(names(daemon)).toEqual(["m yml"]);
  });

  it("and says at its start that both exist", async () => {
    const daemon = await supervise({
      "m.yml": yaml("m", "description: yml\n"),
      "m.yaml": yaml("m", "description: yaml\n"),
    });
    expect(names(daemon)).toEqual(["m yaml"]);
    expect(warnings(daemon)).toEqual(["m.yml is not read, because m.yaml is beside it: remove one of them"]);
  });
});

describe("a daemon logs, once,", () => {
  it("files that were probably meant as machines", async () => {
    const daemon = await supervise({
      "a/Machine.yaml": yaml("a"),
      "b/c/machine.yaml": yaml("b"),
      "d.yaml.txt": yaml("d"),
      "notes.txt": "",
    });
    expect(warnings(daemon).sort()).toEqual([
      "Machine.yaml is not read as a machine: rename it to machine.yaml",
      "d.yaml.txt is not read as a machine: rename it to d.yaml",
      `machine.yaml is not read as a machine: move its directory up, into the drop directory ${daemon.drop}`,
    ]);
    const told = daemon.logged(
      "machine.json is not read as a machine: rename it to machine.yaml; JSON is valid YAML",
    );
    await daemon.write("e/machine.json", "{}");
    await told;
    expect(names(daemon)).toEqual([]);
  });

  it("programs that it could not start now; the machine runs all the same, and nothing is kept of it", async () => {
    const script = "  - { name: x, type: exec, state_match: [B], properties: { command: ./x.sh } }\n";
    const daemon = await supervise({ "m/x.sh": "#!/bin/sh\r\n", "m/machine.yaml": yaml("m", script) });
    const file = join(daemon.drop, "m/x.sh");
    expect(warnings(daemon)).toEqual([`${file} is not executable: chmod +x it`]);
    expect(names(daemon)).toEqual(["m "]);
    expect(daemon.supervisor.slot("m").faults).toEqual([]);
    await chmod(file, 0o755);
    const replaced = daemon.logged("machine replaced");
    await daemon.write("m/machine.yaml", yaml("m", `${script}description: edited\n`));
    await replaced;
    expect(warnings(daemon).slice(1)).toEqual([
      `${file} cannot be started: its first line ends with CRLF, so the system looks for "/bin/sh\\r": save the file with LF line ends`,
    ]);
  });
});
