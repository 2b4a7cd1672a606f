/** How the command ends. docs/cli.md has the table for users. */
export const exitCode = {
  ok: 0,
  /** The service, the reader, the card or the file system failed. */
  failure: 1,
  /** Wrong arguments; nothing was sent. */
  usage: 2,
  /** No reader, or no card in it. */
  nothingThere: 3,
  /** A status word is not the one wanted. */
  statusWord: 4,
  /** As shells report an end by SIGINT, SIGPIPE and SIGTERM: 128 and the signal's number. */
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const;

/** One of the numbers of {@link exitCode}. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Why the command was told to stop: reason of the signal that every call gets. */
export class Interruption extends Error {
  readonly exitCode: ExitCode;

  constructor(what: "interrupted" | "brokenPipe" | "terminated") {
    super(`The command was stopped (${what}).`);
    this.name = "Interruption";
    this.exitCode = exitCode[what];
  }
}
