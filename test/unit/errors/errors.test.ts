import { describe, expect, test } from "vitest";

import * as errors from "../../../lib/errors/index.js";
import { fromNativeFailure } from "../../../lib/errors/from-native.js";
import { installHint } from "../../../lib/errors/install-hint.js";

describe("PcscError", () => {
  test("carries the code, the call, the reader and what helps", () => {
    const error = new errors.PcscError({
      value: 0x80100068,
      call: "SCardTransmit",
      reader: "Reader 1",
    });
    expect(error).toBeInstanceOf(errors.ScardError);
    expect(error).toMatchObject({
      name: "PcscError",
      code: "SCARD_W_RESET_CARD",
      value: 0x80100068,
      call: "SCardTransmit",
      reader: "Reader 1",
      retryable: false,
      reconnect: true,
    });
    expect(error.message).toContain('SCardTransmit failed on reader "Reader 1"');
    expect(error.message).toContain("SCARD_W_RESET_CARD (0x80100068). The card was reset.");
    expect(error.likelyCause).toMatch(/^Another connection/);
    expect(error.message).toContain("Likely cause: another connection");
    expect(error.remedy).toMatch(/^Reconnect,/);
  });

  test("reads a signed value", () => {
    const error = new errors.PcscError({ value: 0x8010000b | 0, call: "SCardConnect" });
    expect(error).toMatchObject({ code: "SCARD_E_SHARING_VIOLATION", value: 0x8010000b });
    expect(error.reader).toBeUndefined();
    expect(error.message).not.toContain("reader");
  });

  test("keeps a value that nobody defines", () => {
    const error = new errors.PcscError({ value: 0x8010abcd, call: "SCardControl" });
    expect(error).toMatchObject({
      code: "SCARD_0x8010ABCD",
      value: 0x8010abcd,
      retryable: false,
      reconnect: false,
      likelyCause: undefined,
      remedy: undefined,
    });
    expect(error.message).toContain("0x8010ABCD");
  });

  test("names Win32 errors", () => {
    const error = new errors.PcscError({ value: 31, call: "SCardControl" });
    expect(error).toMatchObject({ code: "ERROR_GEN_FAILURE", value: 31, retryable: true });
  });

  test("of() takes this platform's number", () => {
    const error = errors.PcscError.of("SCARD_E_UNSUPPORTED_FEATURE", "SCardGetAttrib", "R");
    expect(error.value).toBe(process.platform === "win32" ? 0x80100022 : 0x8010001f);
    expect(error.code).toBe("SCARD_E_UNSUPPORTED_FEATURE");
  });
});

describe("fromNativeFailure", () => {
  const call = "SCardConnect";

  test("a PC/SC result", () => {
    const error = fromNativeFailure({ call, value: 0x8010000c }, { reader: "R" });
    expect(error).toBeInstanceOf(errors.PcscError);
    expect(error).toMatchObject({ code: "SCARD_E_NO_SMARTCARD", call, reader: "R" });
  });

  test("closed, with or without a reader", () => {
    const card = fromNativeFailure({ call, value: 0, reason: "closed" }, { reader: "R" });
    const context = fromNativeFailure({ call, value: 0, reason: "closed" });
    const named = fromNativeFailure({ call, value: 0, reason: "closed" }, { subject: "monitor" });
    expect(card).toBeInstanceOf(errors.ClosedError);
    expect(card).toMatchObject({ code: "ERR_SCARD_CLOSED", name: "ClosedError" });
    expect(card.message).toBe('The connection to reader "R" is closed. Open a new one to go on.');
    expect(context.message).toContain("The context is closed");
    expect(named.message).toContain("The monitor is closed");
  });

  test("a missing library says what was tried and what to install", () => {
    const tried = [
      { path: "libpcsclite.so.1", message: "no such file" },
      { path: "/opt/x.so", message: "wrong ELF class" },
    ];
    const error = fromNativeFailure({ call, value: 0, reason: "library-missing", tried });
    expect(error).toBeInstanceOf(errors.LibraryNotFoundError);
    expect(error).toMatchObject({ code: "ERR_SCARD_LIBRARY_NOT_FOUND", tried });
    expect(error.message).toContain("libpcsclite.so.1 (no such file); /opt/x.so (wrong ELF class)");
    expect(error.message).toContain("SCARD_LIBRARY");
    expect(error).toHaveProperty("install", expect.stringMatching(/\w/));
  });

  test("a missing library without attempts still reads well", () => {
    const error = fromNativeFailure({ call, value: 0, reason: "library-missing" });
    expect(error.message).toContain("Tried: nothing.");
  });

  test("a missing function", () => {
    const error = fromNativeFailure({ call: "SCardAudit", value: 0, reason: "function-missing" });
    expect(error).toBeInstanceOf(errors.UnsupportedCallError);
    expect(error).toMatchObject({ code: "ERR_SCARD_UNSUPPORTED_CALL", call: "SCardAudit" });
    expect(error.message).toContain("SCardAudit");
  });

  test("an ended transaction", () => {
    const error = fromNativeFailure({ call, value: 0, reason: "transaction-ended" });
    expect(error).toBeInstanceOf(errors.TransactionError);
    expect(error.code).toBe("ERR_SCARD_TRANSACTION_ENDED");
  });

  test("no thread", () => {
    const error = fromNativeFailure({ call, value: 0, reason: "no-thread" });
    expect(error).toMatchObject({ name: "ScardError", code: "ERR_SCARD_NO_THREAD" });
    expect(error.message).toContain(call);
  });
});

describe("the package's own errors", () => {
  test("TransactionError has a message per code, or the one given", () => {
    const nested = new errors.TransactionError("ERR_SCARD_TRANSACTION_NESTED");
    const open = new errors.TransactionError("ERR_SCARD_TRANSACTION_OPEN");
    const own = new errors.TransactionError("ERR_SCARD_TRANSACTION_OPEN", "my words");
    expect(nested.message).toContain("already open");
    expect(open.message).toContain("end it first");
    expect(own.message).toBe("my words");
    expect(own.code).toBe("ERR_SCARD_TRANSACTION_OPEN");
  });

  test("IncompleteResponseError keeps the bytes out of its message", () => {
    const response = Uint8Array.of(0xab);
    const error = new errors.IncompleteResponseError(response, "R");
    expect(error).toMatchObject({ code: "ERR_SCARD_INCOMPLETE_RESPONSE", reader: "R" });
    expect(error.response).toBe(response);
    expect(error.message).toContain("1 byte");
    expect(error.message.toLowerCase()).not.toContain("ab ");
  });

  test("MalformedDataError keeps the bytes out of its message", () => {
    const error = new errors.MalformedDataError(
      "feature list",
      Uint8Array.of(0xab),
      0,
      "too short",
    );
    expect(error).toMatchObject({
      code: "ERR_SCARD_MALFORMED_DATA",
      subject: "feature list",
      offset: 0,
    });
    expect(error.message).toContain("feature list (1 bytes) is malformed at byte 0: too short");
  });

  test("names are those of the classes, and a cause is kept", () => {
    const cause = new Error("why");
    const closed = new errors.ClosedError("card", { cause });
    expect(closed.name).toBe("ClosedError");
    expect(closed.cause).toBe(cause);
    class Special extends errors.ScardError {}
    expect(new Special("X", "m").name).toBe("Special");
  });
});

describe("installHint", () => {
  test.each([
    ["ID=debian\n", "apt install libpcsclite1 pcscd"],
    ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', "apt install"],
    ["ID=alpine\n", "apk add pcsc-lite-libs"],
    ["ID=fedora\n", "dnf install pcsc-lite"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install pcsc-lite"],
    ["ID=arch\n", "pacman -S pcsclite"],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "zypper install"],
  ])("names one command for %j", (osRelease, command) => {
    const hint = installHint("linux", osRelease);
    expect(hint).toContain(command);
    expect(hint).not.toContain(";");
  });

  test.each(["", "ID=unheard\n", "VERSION_ID=debian\n"])("names all for %j", (osRelease) => {
    const hint = installHint("linux", osRelease);
    for (const tool of ["apt", "apk", "pacman", "dnf", "zypper"]) {
      expect(hint).toContain(tool);
    }
  });

  test("Windows and macOS have it built in", () => {
    expect(installHint("win32", "")).toContain("part of Windows");
    expect(installHint("darwin", "")).toContain("part of macOS");
  });
});
