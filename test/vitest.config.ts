import { defineConfig } from "vitest/config";
import { LongFirst } from "./house/long-first.ts";

export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/house/closing-line-reporter.ts"],
    // What comes from elsewhere comes when it comes: a busy machine is no fault.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    sequence: { sequencer: LongFirst },
    retry: 0,
    // One more than the cores of a small machine: much of the time tests wait for what takes its time.
    maxWorkers: 3,
    coverage: {
      provider: "v8",
      include: ["src/**", "watchers/**"],
      exclude: ["test/**"],
      reporter: ["text"],
      thresholds: { "watchers/**": { lines: 95 }, "src/machine/**": { lines: 95 } },
    },
  },
});
