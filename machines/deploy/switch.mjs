// Step 2: makes the new folder the live one, in one step that readers of `current` cannot see half done.
import { runStep } from "./lib/step.mjs";

await runStep("switch", async ({ data, releases, failures }) => {
  await failures.note("switch", "the switch was stopped before it ended");
  await releases.switchTo(data.deploy.release);
});
