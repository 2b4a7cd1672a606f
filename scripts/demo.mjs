// `npm run demo`: brings the clone up to date and runs the guided tour.
import { run, script } from "./run.mjs";
import { ensure } from "./setup.mjs";

await script(async () => {
  await ensure("dependencies", "addon", "library");
  return run(process.execPath, ["examples/demo.mjs"], { check: false }).status;
});
