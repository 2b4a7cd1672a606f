// Runs the contract suite with one and the same Linux x64 addon in every runtime that loads Node-API
// addons: `npm run verify-runtimes`. Linux x64 only.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { prebuildFile, targetNamed } from "./prebuild/targets.mjs";
import { root, script } from "./run.mjs";
import { ensure } from "./setup.mjs";
import { bundle, layOut } from "./verify-prebuilds/bundle.mjs";
import { runProgram } from "./verify-prebuilds/run-program.mjs";
import { runIn, runtimes } from "./verify-prebuilds/runtimes.mjs";

await script(async () => {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error("Linux x64 only: the runtimes' packages are of that platform");
  }
  await ensure("dependencies", "library");
  const prebuild = prebuildFile(targetNamed("linux-x64"));
  const file = join(root, prebuild);
  if (!existsSync(file)) throw new Error(`${prebuild} is missing: npm run prebuild`);
  await bundle("contract");
  const laidOut = layOut("runtimes", file, prebuild, ["contract"]);
  const outcomes = [];
  for (const runtime of runtimes) {
    const name = `${runtime.name} ${runtime.version}`.replace("/", "+");
    const command = await runIn(runtime, join(laidOut, "dist/contract.mjs"));
    outcomes.push(await runProgram(name, "contract", command));
  }
  console.log("\nruntime                   Node-API  passed  failed");
  for (const { runtime, napi, passed, failed } of outcomes) {
    const cells = [runtime.padEnd(24), String(napi).padEnd(8), String(passed).padEnd(6), failed];
    console.log(cells.join("  "));
  }
  return outcomes.some(({ failed }) => failed > 0) ? 1 : 0;
});
