import { ScardArgumentError } from "../errors/argument-error.js";
import { parseAtr } from "../iso7816/atr.js";
import { AtrError } from "../iso7816/format-error.js";
import { atrByteRows, atrFields, atrJson, knownFields } from "./atr-text.js";
import { type AddCommand, examples, exitCode, jsonOption, startRun } from "./command.js";
import { CliError } from "./failure.js";
import { fieldLines, tableLines } from "./table.js";

interface AtrOptions {
  readonly json?: boolean;
  readonly checkTck: boolean;
}

/** `scard atr <hex>`; needs neither reader nor service. */
export const addAtr: AddCommand = (program, io, end) => {
  program
    .command("atr")
    .argument("<hex...>", "the answer-to-reset in hexadecimal, in one or more parts")
    .description("Decode an answer-to-reset (ISO/IEC 7816-3). Needs no reader.")
    .option("--no-check-tck", "decode in spite of a wrong or missing check byte TCK")
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        ["scard atr 3B8F8001804F0CA000000306030001000000006A", "a contactless card"],
        ["scard atr 3B 02 14 50", "spaces are fine"],
        ["scard atr --json 3B021450", "for programs"],
      ]),
    )
    .action(async (parts: string[], { json = false, checkTck }: AtrOptions) => {
      const run = startRun(io, json);
      const atr = decode(parts.join(" "), checkTck);
      const names = await io.knownCards(atr.bytes);
      if (json) {
        run.printJson({ ...(atrJson(atr) as object), knownAs: names });
      } else {
        const { style } = run;
        const bytes = tableLines(style, ["Byte", "Value", "Meaning"], atrByteRows(atr));
        run.print(...fieldLines(style, [...atrFields(atr), ...knownFields(names)]), "", ...bytes);
      }
      end(exitCode.ok);
    });
};

function decode(hex: string, checkTck: boolean): ReturnType<typeof parseAtr> {
  try {
    return parseAtr(hex, { checkTck });
  } catch (error) {
    if (error instanceof AtrError) {
      const lenient = error.field === "TCK" || error.field === "end";
      throw new CliError(
        exitCode.usage,
        error.message,
        checkTck && lenient ? ["What to do: check the bytes; --no-check-tck decodes anyway."] : [],
      );
    }
    if (error instanceof ScardArgumentError) {
      throw new CliError(exitCode.usage, `The ATR must be ${error.expected}.`, [
        "Example: scard atr 3B 02 14 50",
      ]);
    }
    throw error;
  }
}
