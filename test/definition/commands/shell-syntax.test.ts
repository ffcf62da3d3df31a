import { describe, expect, it } from "vitest";
import { shellSyntaxIn } from "../../../src/definition/commands/shell-syntax.ts";

describe("shellSyntaxIn", () => {
  it.each([
    ["make && ./install.sh", ["&&"]],
    ["./a.sh || true", ["||"]],
    ["ps aux | grep nginx", ["|"]],
    ["cd /srv; ls", [";"]],
    ["./report.sh > out.txt", [">"]],
    ["./report.sh >> out.txt 2>&1", [">>", ">"]],
    ["sort < in.txt", ["<"]],
    ["./serve.sh &", ["&"]],
    [`echo $HOME \${USER} $1`, ["$HOME", `\${USER}`, "$1"]],
    ['echo "of $HOME"', ["$HOME"]],
    [`echo "of \${HOME}"`, [`\${HOME}`]],
    ["echo $(date)", ["$("]],
    ["echo `date`", ["`"]],
    ['echo "`date`"', ["`"]],
    ["rm *.tmp", ["*.tmp"]],
    ["rm a?.tmp [ab].tmp", ["a?.tmp", "[ab].tmp"]],
    ["~/bin/deploy --to ~", ["~/bin/deploy", "~"]],
    ["rm {{ lookup 'data.x' 'y' }}*", ["…*"]],
    ["a && b && c", ["&&"]],
  ])("%s", (command, expected) => {
    expect(shellSyntaxIn(command)).toEqual(expected);
  });

  it.each([
    "./deploy.sh --to eu 5",
    "grep 'a|b' \"x > y\" file",
    "echo '$HOME' \\$HOME \\*",
    "find . -name '*.txt' -exec rm {} ';'",
    "find . -exec rm {} \\;",
    "[ -f /etc/passwd ]",
    "curl http://host/path?x=1&y=2",
    "grep done$ log",
    "a~b",
    'echo {{ lookup "data.x" "a | b" | ToUpper }}',
    "sh -c 'a && b > $HOME'",
    "/bin/bash -euo pipefail -c 'a | b'",
    "bash -lc 'ls *'",
    "sudo -u app bash -c 'a && b'",
    'it has "an open quote',
  ])("nothing in: %s", (command) => {
    expect(shellSyntaxIn(command)).toEqual([]);
  });
});
