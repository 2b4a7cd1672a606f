// Tools that look at the package from outside, at fixed versions, without their install scripts. None
// is a dependency.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run.mjs";
import { cachedDirectory } from "../verify-prebuilds/cache.mjs";

const tools = {
  publint: "0.3.25",
  "@arethetypeswrong/cli": "0.18.5",
  esbuild: "0.28.2",
  webpack: "5.112.2",
  postject: "1.0.0-alpha.6",
};

/** @returns {Promise<string>} a directory whose node_modules has them */
export async function toolsDirectory() {
  return cachedDirectory("tools", tools, (directory) => {
    const manifest = { private: true, dependencies: tools };
    writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
    const quietly = ["--ignore-scripts", "--no-audit", "--no-fund"];
    run("npm", ["install", ...quietly], { quiet: true, cwd: directory });
  });
}
