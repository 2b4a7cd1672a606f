import { inspect } from "node:util";
import { describe, expect, it } from "vitest";

import { fromHex } from "../../../lib/bytes.js";
import { ScardArgumentError } from "../../../lib/errors/argument-error.js";
import { ScardError } from "../../../lib/errors/scard-error.js";
import {
  CommandApdu,
  type CommandApduFields,
  type LengthForm,
} from "../../../lib/iso7816/command-apdu.js";
import { ApduError } from "../../../lib/iso7816/format-error.js";
import { Random, thrownBy } from "./random.js";

const select = { cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x00 };
const long = "AB".repeat(256);

describe("the seven encodings", () => {
  const cases: [string, CommandApduFields, string][] = [
    ["1", select, "00A40400"],
    ["2S", { ...select, le: 16 }, "00A4040010"],
    ["2S, Le 256", { ...select, le: 256 }, "00A4040000"],
    ["3S", { ...select, data: "3F00" }, "00A40400023F00"],
    ["4S", { ...select, data: "3F00", le: 1 }, "00A40400023F0001"],
    ["2E", { ...select, le: 257 }, "00A40400000101"],
    ["2E, Le 65536", { ...select, le: 65_536 }, "00A40400000000"],
    ["3E", { ...select, data: long }, `00A40400000100${long}`],
    ["4E", { ...select, data: long, le: 2 }, `00A40400000100${long}0002`],
    ["3E, asked for", { ...select, data: "3F00", form: "extended" }, "00A404000000023F00"],
    ["4E, Le 65536", { ...select, data: long, le: 65_536 }, `00A40400000100${long}0000`],
  ];

  it.each(cases)("case %s", (name, fields, hex) => {
    const command = new CommandApdu(fields);
    expect(command.toHex()).toBe(hex);
    expect(command.case).toBe(Number(name[0]));
    expect(command.extended).toBe(name[1] === "E");
    const read = CommandApdu.from(hex);
    expect(read.toHex()).toBe(hex);
    expect(read.le).toBe(fields.le);
    expect(read.extended).toBe(command.extended);
  });

  it("takes le 0 as the most the form can ask for", () => {
    expect(new CommandApdu({ ...select, le: 0 }).le).toBe(256);
    expect(new CommandApdu({ ...select, le: 0, form: "extended" }).le).toBe(65_536);
    expect(new CommandApdu({ ...select, data: long, le: 0 }).le).toBe(65_536);
  });

  it("holds the longest command", () => {
    const data = new Uint8Array(65_535).fill(0x5a);
    const bytes = new CommandApdu({ ...select, data, le: 65_536 }).toBytes();
    expect(bytes).toHaveLength(4 + 3 + 65_535 + 2);
    expect(CommandApdu.from(bytes).data).toEqual(data);
  });
});

describe("malformed commands", () => {
  it.each([
    ["", 0, "CLA"],
    ["00A4", 2, "P1"],
    ["00A404", 3, "P2"],
    ["00A40400000A", 6, "extended length"],
    ["00A40400000000AA", 5, "Lc"],
    ["00A404000000020A", 8, "data"],
    ["00A404000000010A0B", 8, "Le"],
    ["00A404000000010A0B0C0D", 8, "Le"],
    ["00A40400020A", 6, "data"],
    ["00A40400010A0B0C", 6, "Le"],
  ])("%j: byte %i, %s", (hex, offset, field) => {
    const error = thrownBy(() => CommandApdu.from(hex));
    expect(error).toBeInstanceOf(ApduError);
    expect(error).toBeInstanceOf(ScardError);
    expect(error).toMatchObject({ code: "ERR_SCARD_APDU", name: "ApduError", offset, field });
  });

  it("never shows data", () => {
    const error = thrownBy(() => CommandApdu.from("00200001083132333435"));
    expect(inspect(error)).not.toMatch(/3132|12345|49, ?50/);
  });
});

describe("fields", () => {
  const wrong: [string, object][] = [
    ["cla", { ...select, cla: 256 }],
    ["ins", { ...select, ins: -1 }],
    ["p1", { ...select, p1: 1.5 }],
    ["p2", { ...select, p2: "00" }],
    ["data", { ...select, data: [1, 2] }],
    ["data", { ...select, data: "0" }],
    ["data", { ...select, data: new Uint8Array(65_536) }],
    ["data", { ...select, data: new Uint8Array(256), form: "short" }],
    ["le", { ...select, le: 65_537 }],
    ["le", { ...select, le: 257, form: "short" }],
    ["le", { ...select, le: null }],
    ["form", { ...select, form: "long" }],
    ["secret", { ...select, secret: 1 }],
    ["command", { ...select, lc: 2 }],
    ["cla", {}],
  ];

  it.each(wrong)("refuses a wrong %s (%#)", (argument, fields) => {
    const error = thrownBy(() => new CommandApdu(fields as CommandApduFields));
    expect(error).toBeInstanceOf(ScardArgumentError);
    expect(error).toMatchObject({ argument });
  });

  it("keeps its own copy, and gives copies", () => {
    const data = Buffer.from("3F00", "hex");
    const command = new CommandApdu({ ...select, data });
    data.fill(0);
    command.data.fill(0);
    command.toBytes().fill(0);
    expect(command.toHex()).toBe("00A40400023F00");
    expect(Object.isFrozen(command)).toBe(true);
  });
});

describe("texts", () => {
  it("shows an ordinary command whole", () => {
    const command = new CommandApdu({ ...select, data: "3F00", le: 256 });
    expect(String(command)).toBe("00 A4 04 00 data 3F 00 Le 256");
    expect(inspect(command)).toContain("3F 00");
    expect(JSON.parse(JSON.stringify(command))).toMatchObject({ ins: 0xa4, data: "3F00", le: 256 });
  });

  it.each(["0020", "8021", "0024", "0C25", "0026", "0028", "102C", "002D", "FF82"])(
    "hides the data of %s",
    (start) => {
      const command = CommandApdu.from(`${start}00010431323334`, { secret: false });
      expect(command.secret).toBe(true);
      for (const text of [String(command), inspect(command), JSON.stringify(command)]) {
        expect(text).not.toMatch(/31 ?32|1234|49,50/);
      }
      expect(command.toHex()).toBe(`${start}00010431323334`);
    },
  );

  it("hides what was marked secret, and nothing else", () => {
    const fields = { ...select, data: "31323334" };
    expect(String(new CommandApdu({ ...fields, secret: true }))).toContain("[4 secret bytes]");
    expect(String(CommandApdu.from("00A404000431323334", { secret: true }))).not.toContain("31");
    expect(String(new CommandApdu(fields))).toContain("31 32 33 34");
  });
});

describe("random commands", () => {
  it("reads back what it writes", () => {
    const random = new Random(0x7816);
    for (let round = 0; round < 2000; round += 1) {
      const form: LengthForm = random.pick(["auto", "short", "extended"]);
      const limit = form === "short" ? 255 : random.pick([4, 255, 300, 2000]);
      const fields = {
        cla: random.integer(0, 255),
        ins: random.integer(0, 255),
        p1: random.integer(0, 255),
        p2: random.integer(0, 255),
        data: random.bytes(random.integer(0, limit)),
        le: random.boolean() ? undefined : random.integer(1, form === "short" ? 256 : 65_536),
        form,
      };
      const read = CommandApdu.from(new CommandApdu(fields).toBytes());
      const { cla, ins, p1, p2, data, le } = read;
      expect({ cla, ins, p1, p2, data, le, form }).toEqual(fields);
    }
  });

  it("either reads arbitrary bytes exactly or says where they are wrong", () => {
    const random = new Random(4);
    const seen = { read: 0, refused: 0 };
    for (let round = 0; round < 5000; round += 1) {
      const bytes = random.bytes(random.integer(0, 14));
      if (bytes.length > 4 && random.boolean()) {
        bytes[4] = random.integer(0, 4);
      }
      try {
        expect(CommandApdu.from(bytes).toBytes()).toEqual(bytes);
        seen.read += 1;
      } catch (error) {
        if (!(error instanceof ApduError)) {
          throw error;
        }
        expect(error.offset).toBeLessThanOrEqual(bytes.length);
        seen.refused += 1;
      }
    }
    expect(seen.read).toBeGreaterThan(500);
    expect(seen.refused).toBeGreaterThan(500);
  });

  it("agrees with fromHex about Buffers and text", () => {
    const hex = "00B2010C00";
    expect(CommandApdu.from(Buffer.from(hex, "hex")).toBytes()).toEqual(fromHex(hex));
  });
});
