#!/usr/bin/env node
// What prebuildify takes for node-gyp: builds with cmake-js instead, in the directory that it is
// started in, with the toolchain of SCARD_TOOLCHAIN where there is one.
import { join } from "node:path";
import { root, run, script } from "../run.mjs";

await script(() => {
  const toolchain = process.env["SCARD_TOOLCHAIN"];
  const cmakeJs = join(root, "node_modules/cmake-js/bin/cmake-js");
  const cross = toolchain ? [`--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`] : [];
  const options = ["--log-level=warn", "--CDSCARD_WERROR=ON", ...cross];
  return run(process.execPath, [cmakeJs, "rebuild", ...options], {
    cwd: process.cwd(),
    check: false,
  }).status;
});
