/** Where the family of a Linux distribution is to be read. */
export const osReleasePath = "/etc/os-release";

const linuxCommands: readonly (readonly [ids: readonly string[], hint: string])[] = [
  [["debian", "ubuntu"], "apt install libpcsclite1 pcscd"],
  [["alpine"], "apk add pcsc-lite-libs pcsc-lite ccid"],
  [["arch"], "pacman -S pcsclite ccid"],
  [["fedora", "rhel", "centos"], "dnf install pcsc-lite"],
  [["suse", "opensuse"], "zypper install libpcsclite1 pcsc-lite"],
];

/**
 * Says how to get the PC/SC library on a platform.
 *
 * @param platform As `process.platform`.
 * @param osRelease Text of /etc/os-release on Linux, which names the distribution; "" when there
 *   is none, and then every known distribution's command is given.
 */
export function installHint(platform: NodeJS.Platform, osRelease: string): string {
  switch (platform) {
    case "win32":
      return (
        "winscard.dll is part of Windows: repair the installation " +
        "(Windows Server Core and containers may lack it)."
      );
    case "darwin":
      return "PCSC.framework is part of macOS: there is nothing to install.";
    default:
      return `Install pcsclite: ${linuxHint(osRelease)}.`;
  }
}

function linuxHint(osRelease: string): string {
  const ids = distributionIds(osRelease);
  const own = linuxCommands.find(([names]) => names.some((name) => ids.includes(name)));
  if (own !== undefined) {
    return own[1];
  }
  return linuxCommands.map(([names, hint]) => `${hint} (${names.join(", ")})`).join("; ");
}

/** The words of ID and ID_LIKE, which name a distribution and those it descends from. */
function distributionIds(osRelease: string): readonly string[] {
  return [...osRelease.matchAll(/^(?:ID|ID_LIKE)=["']?([^"'\n]*)/gm)].flatMap((match) =>
    (match[1] ?? "").trim().split(/\s+/),
  );
}
