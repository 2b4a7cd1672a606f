// Links a shared library for macOS by Debian's lld: `ARCH LIBRARY… -- ARGUMENTS`, the arguments as
// CMake gives them to a compiler (scripts/prebuild/zig.mjs writes the call).
import { run, script } from "../../run.mjs";

/** What is the compiler's business alone. */
const forCompiler = /^-(D|O|W(?!l,)|std=|f)/;

await script(() => {
  const split = process.argv.indexOf("--");
  const [arch = "", ...libraries] = process.argv.slice(2, split);
  const given = process.argv.slice(split + 1).flatMap((word) => {
    if (word === "-dynamiclib") return ["-dylib"];
    if (word.startsWith("-Wl,")) return word.split(",").slice(1);
    return forCompiler.test(word) ? [] : [word];
  });
  const platform = ["-arch", arch, "-platform_version", "macos", "11.0", "11.0"];
  return run("lld", ["-flavor", "darwin", ...platform, ...given, ...libraries], {
    cwd: process.cwd(),
    check: false,
  }).status;
});
