import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (file: string): string => fileURLToPath(new URL(`lib/${file}`, import.meta.url));

export default defineConfig({
  // `await using` is lowered by the transform: Node 20 does not parse it.
  oxc: { target: "es2022" },
  resolve: {
    alias: [
      { find: /^scard$/, replacement: source("index.ts") },
      { find: /^scard\/virtual$/, replacement: source("virtual/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: [fileURLToPath(new URL("test/harness/own-database.ts", import.meta.url))],
    pool: "forks",
    maxWorkers: 2,
    reporters: ["default", "./scripts/vitest-reporter.mjs"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { include: ["lib/**/*.ts"] },
  },
});
