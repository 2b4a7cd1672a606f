// Benchmarks run as tests do, for the harness is the tests': `npx vitest run --config
// bench/vitest.config.mts bench/tracking-latency.bench.ts`.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { target: "es2022" },
  test: {
    setupFiles: [fileURLToPath(new URL("../test/harness/own-database.ts", import.meta.url))],
    include: ["bench/**/*.bench.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
  },
});
