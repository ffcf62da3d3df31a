// Step 1: makes a new folder from the release in the key. Nothing that is live is touched. Repeated after a crash, it returns
// the folder that it had finished, or starts again under the same name.
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { readArchive } from "./lib/archive.mjs";
import { Fault } from "./lib/fault.mjs";
import { readRelease } from "./lib/release.mjs";
import { runProgram } from "./lib/run-program.mjs";
import { runStep } from "./lib/step.mjs";
import { syncTree, Tree } from "./lib/tree.mjs";

await runStep("build", async ({ data, runId, releases, failures }) => {
  await failures.clearAll();
  await failures.note("build", "the build was stopped before it ended");
  const release = readRelease(data.DEPLOY_release);
  const name = await releases.nameFor(release, { runId, digest: sha256Of(data.DEPLOY_release) });
  if (!(await releases.has(name))) {
    const folder = await releases.staging();
    await fill(folder, release);
    if (release.build !== null) {
      await runProgram(release.build, folder, "the build command");
      await syncTree(folder);
    }
    await releases.adopt(folder, name);
  }
  return { deploy: { version: release.version, release: name, previous: await releases.live() } };
});

async function fill(folder, release) {
  const tree = await Tree.make(folder);
  if (release.source !== null) await addSource(tree, release);
  for (const [name, text] of release.files) await tree.write(name, text);
  await tree.finish();
}

async function addSource(tree, { source, sha256 }) {
  const status = await stat(source).catch((error) => {
    throw new Fault(`the source ${source} cannot be read: ${error.code}`);
  });
  if (status.isDirectory()) {
    if (sha256 !== null) throw new Fault(`"sha256" needs an archive, and ${source} is a directory`);
    await tree.copy(source);
    return;
  }
  const bytes = await readFile(source);
  const found = sha256Of(bytes);
  if (sha256 !== null && found !== sha256) {
    throw new Fault(`the source ${source} has sha256 ${found}, expected ${sha256}`);
  }
  for (const member of readArchive(bytes)) await tree.add(member);
}

function sha256Of(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
