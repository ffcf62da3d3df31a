// Writes the release's files into a folder named for its version and prints the folder's name as JSON.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { env } from "node:process";

const { STORY_site: release } = JSON.parse(await readFile(env.WATCHER_DATA, "utf8"));
if (!/^\d+\.\d+\.\d+$/.test(release?.version)) throw new Error("the release needs a version such as 1.0.0");

// A repeat after a crash has the same run id, so it takes the folder that the first try left half full, and fills it anew.
const folder = `${release.version}-${env.MACHINE_RUN_ID.replace(/\W/g, "")}`;
const path = join(env.MACHINE_WORK_DIR, folder);
await rm(path, { recursive: true, force: true });
await mkdir(path, { recursive: true });
for (const [name, text] of Object.entries(release.files ?? {})) {
  if (basename(name) !== name) throw new Error("this small example takes no directories");
  await writeFile(join(path, name), text);
}
console.log(JSON.stringify({ folder }));
