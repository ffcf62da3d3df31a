// Runs a program that a release names: no shell, output passed on to the machine, which keeps the end of it for `show`.
import { spawn } from "node:child_process";
import { Fault } from "./fault.mjs";

/**
 * Resolves when the program ended with exit status 0.
 * @param {string[]} argv
 * @param {string} directory where it runs
 * @param {string} place names the program in the reason
 */
export async function runProgram([program, ...words], directory, place) {
  // Standard output is the step's own answer to the machine, so the program's goes to standard error.
  const child = spawn(program, words, { cwd: directory, stdio: ["ignore", 2, 2] });
  await new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Fault(`${place} could not start: ${error.message}`)));
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Fault(`${place} ended with ${signal ?? `exit status ${code}`}; its output is in \`show\``),
        );
    });
  });
}
