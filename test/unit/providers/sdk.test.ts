// docs/sdk.md: every method of the SDK's service providers has a row, and what the rows name is there.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import {
  ByteBuffer,
  Card,
  CardCommand,
  CardDatabase,
  Context,
  IsoCalls,
  IsoCardManagement,
  OpenedCard,
  Transaction,
  isoCommands,
} from "scard";
import { IsoCard } from "scard/virtual";
import { bench, expectNothingLeft } from "../virtual/support.js";

const page = readFileSync(new URL("../../../docs/sdk.md", import.meta.url), "utf8");

/** The rows below a heading: the method's cell and what is said of it. */
function rows(title: string): (readonly [string, string])[] {
  const [, section = ""] = page.split(`\n## ${title}\n`);
  const [own = ""] = section.split("\n## ");
  return own
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
    .slice(1)
    .map((line) => {
      const [, method = "", here = ""] = line.split("|").map((cell) => cell.trim());
      return [method.replaceAll("`", ""), here] as const;
    });
}

test.each(
  Object.entries({
    ISCard:
      "AttachByReader AttachByHandle Detach ReAttach LockSCard UnlockSCard Transaction Atr CardHandle " +
      "Context Protocol Status",
    ISCardCmd:
      "BuildCmd Encapsulate Clear Apdu ApduLength ApduReply ApduReplyLength ClassId InstructionId P1 P2 " +
      "P3 Data LeField AlternateClassId Nad ReplyNad ReplyStatus ReplyStatusSW1 ReplyStatusSW2 Type",
    ISCardDatabase: "ListCards ListReaders ListReaderGroups ListCardInterfaces GetProviderCardId",
    ISCardLocate: "ConfigureCardNameSearch ConfigureCardGuidSearch FindCard",
    IByteBuffer:
      "Initialize Read Write Seek SetSize CopyTo Clone Stat LockRegion UnlockRegion Commit Revert",
    ISCardTypeConv: "(all)",
    ISCardManage:
      "AttachByHandle AttachByIFD Detach Reconnect SCardLock SCardUnlock Status CreateFileAccess " +
      "CreateCHVerification CreateCardAuth CreateInterface",
    ISCardFileAccess:
      "ChangeDir GetCurrentDir Directory Open Close Read Write Seek Create Delete Invalidate " +
      "Rehabilitate GetProperties SetProperties GetFileCapabilities",
    ISCardVerify: "Verify ChangeCode Unblock ResetSecurityState",
    ISCardAuth: "GetChallenge ICC_Auth APP_Auth User_Auth",
  }),
)("docs/sdk.md has every method of %s", (title, methods) => {
  const found = rows(title);
  expect(found.map(([method]) => method)).toEqual(expect.arrayContaining(methods.split(" ")));
  expect(found.filter(([, here]) => here.length < 8)).toEqual([]);
});

test("docs/commands.md has every method of ISCardISO7816, as a builder and as a call", () => {
  const commands = readFileSync(new URL("../../../docs/commands.md", import.meta.url), "utf8");
  const named = new Map(
    [...commands.matchAll(/^\| `(\w+)` +\| `(\w+)` +\|/gm)].map(([, method, here]) => [
      method,
      here,
    ]),
  );
  const methods =
    "AppendRecord EraseBinary ExternalAuthenticate GetChallenge GetData GetResponse " +
    "InternalAuthenticate ManageChannel PutData ReadBinary ReadRecord SelectFile SetDefaultClassId " +
    "UpdateBinary UpdateRecord Verify WriteBinary WriteRecord";
  expect([...named.keys()].sort()).toEqual(methods.split(" "));
  for (const here of named.values()) {
    expect(isoCommands).toHaveProperty(here ?? "", expect.any(Function));
    const call = here === "manageChannel" ? "openChannel" : here;
    expect(IsoCalls.prototype).toHaveProperty(call ?? "", expect.any(Function));
  }
});

describe("what docs/sdk.md names", () => {
  expectNothingLeft();

  test("is there", async () => {
    const { reader, context } = await bench();
    reader.insert(new IsoCard({ files: [{ type: "transparent", id: 0x2f01, content: "CAFE" }] }));
    const card = await context.connect(reader.name, { protocols: ["t1"] });
    const management = new IsoCardManagement(card);
    const { files, verification, authentication } = management;
    const things: Readonly<Record<string, object>> = {
      context: Context.prototype,
      card: Card.prototype,
      tx: Transaction.prototype,
      command: CardCommand.prototype,
      buffer: ByteBuffer.prototype,
      database: CardDatabase.prototype,
      opened: OpenedCard.prototype,
      ...{ management, files, verification, authentication },
      file: await files.open({ id: 0x2f01 }),
    };
    const names = [...page.matchAll(/`([a-z]+)\.(\w+)(?:\(\))?`/gi)].filter(
      ([, thing = ""]) => thing in things,
    );
    expect(names.length).toBeGreaterThan(70);
    const missing = names.filter(([, thing = "", name = ""]) => !(name in (things[thing] ?? {})));
    expect(missing.map(([text]) => text)).toEqual([]);
    await context.close();
  });
});
