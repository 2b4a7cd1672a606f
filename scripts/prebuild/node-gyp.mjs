#!/usr/bin/env node
// What prebuildify takes for node-gyp: builds with cmake-js instead, in the directory that it is
// started in, with the toolchain of SCARD_TOOLCHAIN where there is one. What the build says goes to
// build.log there: prebuildify shows all of it or nothing.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, script } from "../run.mjs";

await script(() => {
  const toolchain = process.env["SCARD_TOOLCHAIN"];
  const cmakeJs = join(root, "node_modules/cmake-js/bin/cmake-js");
  const cross = toolchain ? [`--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`] : [];
  const options = ["--log-level=warn", "--CDSCARD_WERROR=ON", ...cross];
  const { status, output } = run(process.execPath, [cmakeJs, "rebuild", ...options], {
    ...{ cwd: process.cwd(), check: false, quiet: true },
  });
  writeFileSync("build.log", output);
  return status;
});
