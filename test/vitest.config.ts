import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/house/closing-line-reporter.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What comes from elsewhere comes when it comes: a busy machine is no fault.
    expect: { poll: { timeout: 30_000 } },
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
