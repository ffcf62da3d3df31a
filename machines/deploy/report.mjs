// After a deployment: puts what came of it into the machine's data, and removes the oldest folders. The outcome is the argument.
import { argv } from "node:process";
import { runStep } from "./lib/step.mjs";

const stepsInOrder = ["build", "switch", "check", "roll-back"];

await runStep("report", async ({ data, releases, failures }) => {
  const reasons = await Promise.all(stepsInOrder.map((step) => failures.of(step)));
  const isBuilt = reasons[0] === null;
  const live = await releases.live();
  await releases.prune([live, data.deploy?.previous ?? null]);
  return {
    deploy: {
      outcome: argv[2],
      version: isBuilt ? data.deploy.version : versionIn(data.DEPLOY_release),
      release: isBuilt ? data.deploy.release : null,
      previous: isBuilt ? data.deploy.previous : live,
      live,
      reason: reasons.filter((reason) => reason !== null).join("; ") || null,
    },
  };
});

/** The version of a release that was not accepted, as far as it tells one. */
function versionIn(text) {
  try {
    const { version } = JSON.parse(text);
    return typeof version === "string" ? version : null;
  } catch {
    return null;
  }
}
