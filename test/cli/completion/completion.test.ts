/** Completion as a real bash does it, with candidates from a whole daemon. */
import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { makeGovernor } from "../../../src/machine/governor-bucket.ts";
import { runningDaemon } from "../../http/surfaces.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { bin, runProgram } from "../program.ts";
import { Shell } from "../shell.ts";

async function prepared() {
  const running = await runningDaemon({
    "a.yaml": yaml("web-a"),
    "b.yaml": yaml("web-b"),
    "c.yaml": yaml("db"),
  });
  const bucket = await running.daemon.store.createBucket("CFG");
  for (const key of ["app.name", "app.port", "other"]) await bucket.put(key, "1");
  const shell = new Shell(running.directory);
  const complete = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await shell.run("__complete", "--", ...words);
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t")[0] ?? "");
  };
  return { ...running, shell, complete };
}

it("bash: completes machines, transitions, buckets and keys through the loaded script", async () => {
  const { directory } = await prepared();
  await mkdir(join(directory, "bin"));
  const program = join(directory, "bin/machinist");
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
  await chmod(program, 0o755);
  const { stdout: script } = await runProgram({ directory }, "completion", "bash");
  const pressTab = async (...words: string[]): Promise<string[]> => {
    const line = `COMP_WORDS=(machinist ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}`;
    const registered = "eval \"$(complete -p machinist | sed 's/.*-F \\([^ ]*\\) .*/\\1/') machinist\"";
    const source = `${script}\n${line}\n${registered}\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    const ran = await promisify(execFile)("bash", ["--norc", "-c", source], {
      cwd: directory,
      encoding: "utf8",
      env: { PATH: `${join(directory, "bin")}:${process.env["PATH"]}` },
    });
    expect(ran.stderr).toBe("");
    return ran.stdout.split("\n").filter(Boolean);
  };
  expect(await pressTab("show", "we")).toEqual(["web-a", "web-b"]);
  expect(await pressTab("transition", "db", "")).toEqual(["go"]);
  expect(await pressTab("kv", "get", "CFG", "app.")).toEqual(["app.name", "app.port"]);
  expect(await pressTab("gov")).toEqual(["governor"]);
}, 120_000);

describe("candidates", () => {
  it("come from the program: commands, options and the words that an option takes", async () => {
    const { complete } = await prepared();
    expect(await complete("tr")).toEqual(["transition"]);
    expect(await complete("kv", "p")).toEqual(["put", "purge"]);
    expect(await complete("wait", "--")).toEqual(expect.arrayContaining(["--state", "--healthy", "--data"]));
    expect(await complete("graph", "x", "--format", "m")).toEqual(["mermaid"]);
    expect(await complete("-o", "j")).toEqual(["json", "jsonl"]);
    expect(await complete("list", "--log-level", "wa")).toEqual(["warn"]);
    expect(await complete("__comp")).toEqual([]);
  });

  it("come from the daemon: machines, legal transitions, states, buckets, keys and governors", async () => {
    const { complete, daemon, ask } = await prepared();
    await makeGovernor(daemon.store, "deploys", { capacity: 1 });
    await ask("POST", "/v1/machines/web-a/transition", { transition: "go" });
    expect(await complete("pause", "")).toEqual(["db", "web-a", "web-b"]);
    expect(await complete("list", "web")).toEqual(["web-a", "web-b"]);
    expect(await complete("transition", "web-a", "")).toEqual(["back"]);
    expect(await complete("wait", "db", "--state", "")).toEqual(["A", "B"]);
    expect(await complete("kv", "put", "")).toEqual(["CFG"]);
    expect(await complete("kv", "history", "CFG", "o")).toEqual(["other"]);
    expect(await complete("lock", "run", "CFG", "app")).toEqual(["app.name", "app.port"]);
    expect(await complete("governor", "view", "")).toEqual(["deploys"]);
    expect(await complete("governor", "add", "")).toEqual([]);
    expect(await complete("init", "")).toEqual([]);
    expect(await complete("lock", "run", "CFG", "k", "--", "web")).toEqual([]);
  });

  it("follow --data on the line that is completed", async () => {
    const { directory } = await prepared();
    await using elsewhere = await Shell.create();
    const { stdout } = await elsewhere.run(
      "__complete",
      "--",
      "--data",
      join(directory, ".machinist"),
      "show",
      "d",
    );
    expect(stdout).toBe("db\tA\n");
  });

  it("without a daemon there are none, and no error", async () => {
    await using shell = await Shell.create();
    expect(await shell.run("__complete", "--", "show", "")).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
      bytes: Buffer.alloc(0),
    });
  });
});

it.each(["bash", "zsh", "fish"])("%s: the script asks the program for candidates", async (name) => {
  await using shell = await Shell.create();
  const { stdout, status } = await shell.run("completion", name);
  expect(status).toBe(0);
  expect(stdout).toContain("__complete -- ");
  expect(stdout).not.toContain("undefined");
});

it("an unknown shell is refused", async () => {
  await using shell = await Shell.create();
  expect(await shell.run("completion", "csh")).toMatchObject({ status: 2 });
});
