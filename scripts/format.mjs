// Formats everything that `npm run check` checks the format of.
import { filesUnder } from "./freshness.mjs";
import { run, script } from "./run.mjs";
import { ensure } from "./setup.mjs";

await script(async () => {
  await ensure("dependencies");
  run(process.execPath, [
    "node_modules/prettier/bin/prettier.cjs",
    "--write",
    "--log-level=warn",
    ".",
  ]);
  const sources = ["native", "test", "bench/standin", "bench/vpcd", "bench/allocations"]
    .flatMap(filesUnder)
    .filter((file) => /\.(cc|h)$/.test(file));
  const { missing } = run("clang-format", ["-i", ...sources], { quiet: true, check: false });
  if (missing) console.log("notice: clang-format is not installed, so no C++ file was formatted");
});
