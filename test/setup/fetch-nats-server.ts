/** Gets nats-servers from Debian by apt's own means, into the cache of this checkout: the host is not changed. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cache, findServer, type Kind, suits } from "./nats-server.ts";

const mirror = "http://deb.debian.org/debian";
const keys = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** @throws saying what to install by hand */
export function fetchServer(kind: Kind): string {
  const directory = mkdtempSync(join(tmpdir(), "machinist-apt-"));
  const target = join(cache, kind);
  try {
    const [file] = download(directory, suits[kind].suite);
    if (!file) throw new Error("apt-get downloaded nothing");
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    execFileSync("dpkg-deb", ["-x", file, target], { stdio: "pipe" });
  } catch (error) {
    throw new Error(whatToDo(kind), { cause: error });
  } finally {
    rmSync(directory, { recursive: true });
  }
  const found = findServer(kind);
  if (!found) throw new Error(whatToDo(kind));
  return found;
}

/** With a state of its own, so that the host's lists of packages stay as they are. */
function download(directory: string, suite: string): string[] {
  for (const part of ["state/lists/partial", "cache/archives/partial", "packages"]) {
    mkdirSync(join(directory, part), { recursive: true });
  }
  const sources = join(directory, "sources.list");
  const status = join(directory, "status");
  writeFileSync(sources, `deb [signed-by=${keys}] ${mirror} ${suite} main\n`);
  writeFileSync(status, "");
  const settings = {
    "Dir::Etc::sourcelist": sources,
    "Dir::Etc::sourceparts": "-",
    "Dir::State": join(directory, "state"),
    "Dir::State::status": status,
    "Dir::Cache": join(directory, "cache"),
    // The user that apt would become may not write here.
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const packages = join(directory, "packages");
  execFileSync("apt-get", [...flags, "update"], { stdio: "pipe" });
  execFileSync("apt-get", [...flags, "download", "nats-server"], { stdio: "pipe", cwd: packages });
  return readdirSync(packages).map((name) => join(packages, name));
}

function whatToDo(kind: Kind): string {
  const { variable } = suits[kind];
  const wanted = kind === "old" ? "2.9, as the package nats-server of Debian 12 has it" : "2.11 or later";
  return (
    `the tests need a nats-server of version ${wanted}: install one and name it in ${variable}, for example ` +
    `${variable}=/usr/sbin/nats-server (with apt and dpkg-deb, and Debian's archive reachable, it is fetched by itself)`
  );
}
