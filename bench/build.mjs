// Builds what the benchmarks run against, in build-bench: the stand-in library and the C loop.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fingerprint, isFresh, markFresh } from "../scripts/freshness.mjs";
import { exclusively } from "../scripts/lock.mjs";
import { isMain, root, run, script, timed } from "../scripts/run.mjs";
import { requireCMake } from "../scripts/setup.mjs";

const directory = "build-bench";
const sources = [
  "CMakeLists.txt",
  "native",
  "bench/CMakeLists.txt",
  "bench/standin",
  "bench/raw",
  "bench/vpcd",
  "bench/allocations",
];

/** The folder of the stand-in's libpcsclite.so.1, for LD_LIBRARY_PATH. */
export const standinFolder = join(root, directory, "standin");
/** The stand-in itself, for SCARD_LIBRARY. */
export const standinLibrary = join(standinFolder, "libpcsclite.so.1");

/** The C loop. */
export const rawProgram = join(root, directory, "scard_raw");
/** The card for a real pcscd. */
export const cardProgram = join(root, directory, "scard_vpcd_card");
/** Counts allocations, for LD_PRELOAD. */
export const countLibrary = join(root, directory, "libscard_count_allocations.so");

/** Builds them where they are out of date. */
export async function buildBench() {
  if (process.platform !== "linux") throw new Error("The benchmarks run on Linux only");
  await exclusively(directory, async () => {
    const inputs = fingerprint(sources, [process.env["CI"] ?? ""]);
    if (isFresh(directory, inputs, [standinLibrary.slice(root.length)])) return;
    requireCMake();
    await timed(`building the stand-in library in ${directory}`, () => {
      const fresh = !existsSync(join(root, directory, "CMakeCache.txt"));
      const ninja = run("ninja", ["--version"], { quiet: true, check: false }).status === 0;
      run(
        "cmake",
        [
          ...["-S", ".", "-B", directory, ...(fresh && ninja ? ["-G", "Ninja"] : [])],
          ...["-DCMAKE_BUILD_TYPE=Release", "-DSCARD_BENCH=ON", "-DSCARD_ADDON=OFF"],
          `-DSCARD_WERROR=${process.env["CI"] ? "ON" : "OFF"}`,
        ],
        { quiet: true },
      );
      run("cmake", ["--build", directory, "--parallel", "2", "--target", "scard_bench"]);
    });
    markFresh(directory, inputs);
  });
}

if (isMain(import.meta.url)) await script(buildBench);
