/** The first line of a script (`#!/bin/sh`): whether the system can start what it names. Starts nothing. */
import { closeSync, openSync, readSync } from "node:fs";
import { basename, dirname } from "node:path";
import { findProgram } from "./programs.ts";

/** As much of the first line as Linux reads. */
const longestLine = 256;

/**
 * Why the system cannot start the interpreter of a script; undefined when it can, and for a file without `#!`.
 * @param path the PATH that `#!/usr/bin/env NAME` looks in
 * @example
 * interpreterProblem("deploy.sh", "/usr/bin"); // => "its first line ends with CRLF (…): save the file with LF line ends"
 */
export function interpreterProblem(file: string, path: string): string | undefined {
  const line = firstLine(file);
  if (!line?.startsWith("#!")) return undefined;
  const [interpreter = "", ...words] = line
    .slice(2)
    .trim()
    .split(/[ \t]+/);
  if (line.endsWith("\r")) {
    const found = JSON.stringify(`${[interpreter, ...words].join(" ")}\r`);
    return `its first line ends with CRLF, so the system looks for ${found}: save the file with LF line ends`;
  }
  if (interpreter === "") return "its first line names no interpreter: write one, such as #!/bin/sh";
  const directory = dirname(file);
  if (findProgram({ program: interpreter, directory, path }) === undefined)
    return `its first line names ${JSON.stringify(interpreter)}, which is not a program on this host`;
  return basename(interpreter) === "env" ? envProblem(words, { directory, path }) : undefined;
}

/** On Linux everything after `env` is one word, unless it begins with -S. */
function envProblem(
  words: readonly string[],
  where: { readonly directory: string; readonly path: string },
): string | undefined {
  const splits = words[0]?.startsWith("-S") ?? false;
  if (!splits && words.length > 1)
    return `its first line gives env ${JSON.stringify(words.join(" "))} as one word: write #!/usr/bin/env -S ${words.join(" ")}`;
  const program = words.find((word) => !word.startsWith("-") && !word.includes("="));
  if (program === undefined || findProgram({ program, ...where }) !== undefined) return undefined;
  return `its first line names ${JSON.stringify(program)}, which is not in PATH`;
}

/** @returns undefined when the file cannot be read */
function firstLine(file: string): string | undefined {
  try {
    const descriptor = openSync(file, "r");
    try {
      const buffer = Buffer.alloc(longestLine);
      const text = buffer.subarray(0, readSync(descriptor, buffer, 0, longestLine, 0)).toString("latin1");
      return text.split("\n", 1)[0];
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
