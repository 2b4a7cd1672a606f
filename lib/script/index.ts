export { ApduScript } from "./apdu-script.js";
export type { ApduScriptOptions, ScriptStep } from "./apdu-script.js";
export type { RunScriptOptions, ScriptInput, ScriptProgress } from "./run-script.js";
export { ScriptResults } from "./script-results.js";
export type { ScriptEnd } from "./script-results.js";
