/** The python3 that runs Python handlers in the tests: where topics look for it, on the PATH of their commands. */
import { spawnSync } from "node:child_process";

/** Installed from Debian when there is none and we may. @throws saying what to install by hand */
export function pythonVersion(): string {
  const found = asked();
  if (found) return found;
  // Not unpacked into a cache, as the servers are: its parts must be where they were built for.
  spawnSync("apt-get", ["update"]);
  spawnSync("apt-get", ["install", "--yes", "--no-install-recommends", "python3"]);
  const installed = asked();
  if (installed) return installed;
  throw new Error(
    "the tests of Python handlers need python3 in /usr/bin or /bin: install it, with apt-get install python3",
  );
}

function asked(): string | undefined {
  const { status, stdout } = spawnSync("python3", ["--version"], {
    env: { PATH: "/usr/bin:/bin" },
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : undefined;
}
