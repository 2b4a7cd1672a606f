// Installs the other PC/SC packages into bench/peers, each in a folder of its own, so that one that
// cannot be installed here takes no other with it. They never become dependencies of this package.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMain, root, run, script, timed } from "../scripts/run.mjs";

/**
 * The versions that are measured. Two of them are compiled at installation, against libpcsclite-dev.
 * @type {Readonly<Record<string, { version: string, compiled: boolean, module: string }>>}
 */
export const peers = {
  smartcard: { version: "3.7.0", compiled: true, module: "smartcard" },
  "pcsc-mini": { version: "0.1.3", compiled: false, module: "pcsc-mini" },
  pcsclite: { version: "0.6.0", compiled: true, module: "@pokusew/pcsclite" },
};

/** @param {string} name */
export const peerFolder = (name) => join(root, "bench/peers", name);

/** @param {string} name */
const outcomeFile = (name) => join(peerFolder(name), "installed.json");

/** @typedef {{ version: string, absent?: string }} Outcome */

/**
 * What became of the last installation of this version; nothing when there was none.
 * @param {string} name
 * @returns {Outcome | undefined}
 */
function outcome(name) {
  if (!existsSync(outcomeFile(name))) return undefined;
  const found = JSON.parse(readFileSync(outcomeFile(name), "utf8"));
  return found.version === peers[name]?.version ? found : undefined;
}

/**
 * Why a peer cannot be measured; nothing when it can.
 * @param {string} name
 */
export function peerAbsence(name) {
  const found = outcome(name);
  return found === undefined ? "not installed (node bench/peers.mjs)" : found.absent;
}

/**
 * @param {string} name
 * @returns {Outcome}
 */
function install(name) {
  const peer = peers[name];
  if (!peer) throw new Error(`No peer ${name}`);
  const { version, module } = peer;
  const folder = peerFolder(name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const wanted = {
    private: true,
    dependencies: { [module]: version },
    // npm 11 and later run no install script that is not named.
    allowScripts: { [`${module}@${version}`]: true, [module]: true },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(wanted, undefined, 2));
  const options = { quiet: true, check: false, cwd: folder };
  const { status, output } = run("npm", ["install", "--no-audit", "--no-fund"], options);
  if (status !== 0) return { version, absent: `npm install failed: ${lastLine(output)}` };
  // Loading opens no service: libpcsclite asks the daemon at the first call.
  const load = run(process.execPath, ["-e", `require(${JSON.stringify(module)})`], options);
  if (load.status === 0) return { version };
  return { version, absent: `installed, but does not load: ${lastLine(load.output)}` };
}

/** @param {string} output */
function lastLine(output) {
  const lines = output.split("\n").filter((line) => /error/i.test(line));
  return (lines[0] ?? output.trim().split("\n").at(-1) ?? "").trim().slice(0, 160);
}

/** Installs what is missing; a peer that cannot be installed is noted, not an error. */
export async function installPeers() {
  for (const name of Object.keys(peers)) {
    if (outcome(name) !== undefined) continue;
    const result = await timed(`installing ${name} into bench/peers`, () => install(name));
    writeFileSync(outcomeFile(name), JSON.stringify(result));
    if (result.absent !== undefined) console.error(`[scard] ${name}: ${result.absent}`);
  }
}

if (isMain(import.meta.url)) await script(installPeers);
