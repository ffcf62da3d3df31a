// When the check fails: makes the release before it the live one again. Without one before it, nothing stays live.
import { Fault } from "./lib/fault.mjs";
import { runStep } from "./lib/step.mjs";

await runStep("roll-back", async ({ data, releases, failures }) => {
  await failures.note("roll-back", "the way back was stopped before it ended");
  const { previous } = data.deploy;
  if (previous === null) {
    await releases.switchOff();
    throw new Fault("there is no earlier release to go back to, so nothing is live");
  }
  await releases.switchTo(previous);
});
