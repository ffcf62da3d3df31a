import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkPrograms } from "../../../src/definition/commands/programs.ts";

const path = ["properties", "command"];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-programs-"));
  await script("deploy.sh", "#!/bin/sh\n");
});
afterEach(() => rm(directory, { recursive: true }));

async function script(name: string, text: string, mode = 0o755): Promise<void> {
  await writeFile(join(directory, name), text);
  await chmod(join(directory, name), mode);
}

function check(text: string, setsPath = false): string[] {
  const place = { directory, path: "/usr/bin:/bin" };
  return checkPrograms([{ text, path, setsPath }], place).map(({ message, severity, path: at }) => {
    expect({ severity, at }).toEqual({ severity: "warning", at: path });
    return message.replaceAll(directory, "DIR");
  });
}

describe("the program of a command", () => {
  it.each([
    "./deploy.sh now",
    "deploy.sh",
    "sh ./deploy.sh",
    "sh -e deploy.sh",
    "sh",
    "machinist kv ls",
    "/bin/sh -c 'x'",
  ])("is there: %s", (command) => {
    expect(check(command)).toEqual([]);
  });

  it("does not exist: the files beside it that are meant are named", () => {
    expect(check("./delpoy.sh")).toEqual([
      'there is no program "./delpoy.sh": DIR/delpoy.sh does not exist, did you mean "./deploy.sh"?',
    ]);
    expect(check("delpoy.sh")).toEqual([
      'there is no program "delpoy.sh" in PATH or in DIR, did you mean "deploy.sh"?',
    ]);
    expect(check("./nothing-like-it")).toEqual([
      'there is no program "./nothing-like-it": DIR/nothing-like-it does not exist',
    ]);
  });

  it("is not executable, or a directory", async () => {
    await script("plain.sh", "#!/bin/sh\n", 0o644);
    await mkdir(join(directory, "folder"));
    expect(check("./plain.sh")).toEqual(["DIR/plain.sh is not executable: chmod +x it"]);
    expect(check("plain.sh")).toEqual(["DIR/plain.sh is not executable: chmod +x it"]);
    expect(check("./folder")).toEqual(["DIR/folder is a directory, expected a program"]);
  });

  it("is a script of a shell that does not exist", () => {
    expect(check("bash delpoy.sh")).toEqual([
      'there is no script "delpoy.sh" in PATH or in DIR, did you mean "deploy.sh"?',
    ]);
    expect(check("/bin/sh ./sub/x.sh")).toEqual([
      'there is no script "./sub/x.sh": DIR/sub/x.sh does not exist',
    ]);
  });

  it("is left alone where data or a PATH of the watcher decides about it", () => {
    expect(check('{{ lookup "data.program" "x" }} now')).toEqual([]);
    expect(check('sh {{ lookup "data.script" "x" }}')).toEqual([]);
    expect(check("no-such-program", true)).toEqual([]);
    expect(check("./no-such-program", true)).toHaveLength(1);
  });
});

describe("the first line of a script", () => {
  const problems: readonly (readonly [string, string, string])[] = [
    [
      "CRLF",
      "#!/bin/sh\r\necho\r\n",
      'its first line ends with CRLF, so the system looks for "/bin/sh\\r": save the file with LF line ends',
    ],
    [
      "CRLF after env",
      "#!/usr/bin/env sh\r\n",
      'its first line ends with CRLF, so the system looks for "/usr/bin/env sh\\r": save the file with LF line ends',
    ],
    ["no interpreter", "#!\n", "its first line names no interpreter: write one, such as #!/bin/sh"],
    [
      "an interpreter that is not there",
      "#!/opt/none/python9\n",
      'its first line names "/opt/none/python9", which is not a program on this host',
    ],
    [
      "env of what is not in PATH",
      "#!/usr/bin/env no-such-python\n",
      'its first line names "no-such-python", which is not in PATH',
    ],
    [
      "env with two words",
      "#!/usr/bin/env sh -e\n",
      'its first line gives env "sh -e" as one word: write #!/usr/bin/env -S sh -e',
    ],
  ];

  it.each(problems)("%s", async (_name, text, message) => {
    await script("x.sh", text);
    expect(check("./x.sh")).toEqual([`DIR/x.sh cannot be started: ${message}`]);
  });

  it.each([
    "#!/bin/sh -e\n",
    "#! /bin/sh\n",
    "#!/usr/bin/env sh\n",
    "#!/usr/bin/env -S sh -e\n",
    "echo\r\n",
    "",
  ])("is good: %j", async (text) => {
    await script("x.sh", text);
    expect(check("./x.sh")).toEqual([]);
  });
});
