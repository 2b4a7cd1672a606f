import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // `await using` is lowered by the transform: Node 20 does not parse it.
  oxc: { target: "es2022" },
  resolve: {
    alias: [
      { find: /^scard$/, replacement: fileURLToPath(new URL("lib/index.ts", import.meta.url)) },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    reporters: ["default", "./scripts/vitest-reporter.mjs"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { include: ["lib/**/*.ts"] },
  },
});
