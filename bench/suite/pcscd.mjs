// A private pcscd with vpcd's readers and the benchmarks' card in each: what the tests' harness does
// (test/harness/pcscd.ts), in plain JavaScript and with nothing but speed in mind.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { cardProgram } from "../build.mjs";

const driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
const daemonProgram = "/usr/sbin/pcscd";
const firstPort = 4301;
// Of Debian's vpcd.
const slotsPerEntry = 2;

/** Why none can be started here; nothing when one can. */
export function pcscdAbsence() {
  if (!existsSync(daemonProgram)) return "pcscd is not installed (Debian: apt install pcscd)";
  if (!existsSync(driver)) return "vpcd is not installed (Debian: apt install vsmartcard-vpcd)";
  const trial = spawnSync("unshare", [...namespaces(), "ip", "link", "set", "lo", "up"]);
  return trial.status === 0 ? undefined : "this system allows no mount and network namespaces";
}

function namespaces() {
  const own = ["--mount", "--net", "--propagation", "private"];
  return process.getuid?.() === 0 ? own : ["--user", "--map-root-user", ...own];
}

/** @param {string} folder @param {number} readers */
function configure(folder, readers) {
  for (const name of ["run", "conf", "drivers"]) mkdirSync(join(folder, name));
  const entries = Array.from({ length: readers / slotsPerEntry }, (_, entry) => {
    // A real copy each: entries that share a driver file overwrite one another.
    const copy = join(folder, "drivers", `vpcd${entry}.so`);
    copyFileSync(driver, copy);
    const port = firstPort + entry * slotsPerEntry;
    return (
      `FRIENDLYNAME "Virtual Card ${entry + 1}"\nDEVICENAME /dev/null:${port}\n` +
      `LIBPATH ${copy}\nCHANNELID ${port}\n`
    );
  });
  writeFileSync(join(folder, "conf", "readers"), entries.join("\n"));
}

/**
 * Starts one and waits until every card is in.
 * @param {number} readers even, 16 at most
 * @param {(env: Record<string, string>) => Promise<boolean>} ready whether all cards can be connected
 */
export async function startPcscd(readers, ready) {
  const folder = mkdtempSync(join(tmpdir(), "scard-bench-"));
  configure(folder, readers);
  // The card in the background of the daemon's own namespaces; both end when our end of the pipe does.
  const script = [
    "ip link set lo up && mount -t tmpfs tmpfs /run && mkdir /run/pcscd",
    'mount --bind "$1/run" /run/pcscd',
    `{ "$1/card" ${firstPort} ${readers} <&3 & } 3<&0`,
    'exec setpriv --pdeathsig KILL "$2" --foreground --error --config "$1/conf"',
  ].join(" && ");
  copyFileSync(cardProgram, join(folder, "card"));
  const daemon = spawn(
    "unshare",
    [...namespaces(), "sh", "-c", script, "sh", folder, daemonProgram],
    {
      stdio: ["pipe", "ignore", "ignore"],
    },
  );
  const stop = async () => {
    daemon.stdin.end();
    if (daemon.exitCode === null && daemon.signalCode === null) {
      const ended = once(daemon, "exit");
      daemon.kill("SIGTERM");
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const env = { PCSCLITE_CSOCK_NAME: join(folder, "run", "pcscd.comm") };
  for (let tries = 0; tries < 100; ++tries) {
    await setTimeout(100);
    if (daemon.exitCode !== null) break;
    if (existsSync(env.PCSCLITE_CSOCK_NAME) && (await ready(env))) return { env, stop };
  }
  await stop();
  throw new Error("pcscd did not come up");
}
