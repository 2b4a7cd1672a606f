// Where a private pcscd can run: its programs, and the Linux namespaces that hide it.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** vpcd's driver, where Debian and where a build from source put it. */
const drivers = [
  "/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
  "/usr/lib64/pcsc/drivers/serial/libifdvpcd.so",
  "/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so",
];

export interface Sandbox {
  readonly pcscd: string;
  readonly driver: string;
  /** The card program, with Node to run it: it uses the built package. */
  readonly cards: readonly [node: string, program: string];
  /** For unshare: an ordinary user needs a user namespace too. */
  readonly unshare: readonly string[];
  /** For nsenter, likewise. */
  readonly enter: readonly string[];
}

/** What a private daemon needs, or the reason why there can be none. */
export type Availability = { readonly sandbox: Sandbox } | { readonly reason: string };

let found: Availability | undefined;

export function pcscdAvailable(): Availability {
  found ??= search();
  return found;
}

function search(): Availability {
  if (process.platform !== "linux") return { reason: "pcscd tests run on Linux only" };
  const pcscd = program("pcscd");
  if (pcscd === undefined) return { reason: "pcscd is not installed (Debian: apt install pcscd)" };
  const driver = drivers.find((path) => existsSync(path));
  if (driver === undefined) {
    return { reason: "vpcd is not installed (Debian: apt install vsmartcard-vpcd)" };
  }
  for (const name of ["unshare", "nsenter", "setpriv", "mount", "ip"]) {
    if (program(name) === undefined) {
      return { reason: `${name} is not installed (Debian: apt install util-linux iproute2)` };
    }
  }
  if (!existsSync(join(root, "dist"))) return { reason: "dist is not built (npm run compile)" };
  const cards = [process.execPath, join(root, "test/harness/cards.mjs")] as const;
  const ordinary = process.getuid?.() !== 0;
  const unshare = ["--mount", "--net", "--propagation", "private"];
  if (ordinary) unshare.unshift("--user", "--map-root-user");
  const enter = ordinary ? ["--user", "--preserve-credentials"] : [];
  const trial = spawnSync("unshare", [...unshare, "ip", "link", "set", "lo", "up"]);
  if (trial.status !== 0) {
    const why = trial.stderr.toString().trim();
    return { reason: `this system allows no mount and network namespaces (${why})` };
  }
  return { sandbox: { pcscd, driver, cards, unshare, enter } };
}

/** Daemons live in sbin, which is not on every user's PATH. */
function program(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => executable(path));
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
