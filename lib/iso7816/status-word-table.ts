// The interindustry values of SW1-SW2. Data only; describeStatusWord gives them their meaning.

/** What the first byte says about the command. */
export type StatusCategory =
  "success" | "warning" | "execution-error" | "checking-error" | "proprietary" | "invalid";

/** Where the general meaning of each SW1 and the specific values are defined. */
export const generalClause = "ISO/IEC 7816-4:2005, 5.1.3, table 5";
export const specificClause = "ISO/IEC 7816-4:2005, 5.1.3, table 6";
/** Values that a later edition added; the clause is 5.6 there. */
export const laterClause = "ISO/IEC 7816-4:2020, status bytes";

/** SW1: its category, and its general meaning where SW2 adds nothing that is known. */
export const statusWordClasses: ReadonlyMap<number, readonly [StatusCategory, string]> = new Map([
  [0x61, ["success", "Normal processing; more response data available"]],
  [0x62, ["warning", "Warning; non-volatile memory unchanged"]],
  [0x63, ["warning", "Warning; non-volatile memory may have changed"]],
  [0x64, ["execution-error", "Execution error; non-volatile memory unchanged"]],
  [0x65, ["execution-error", "Execution error; non-volatile memory may have changed"]],
  [0x66, ["execution-error", "Security-related issue"]],
  [0x67, ["checking-error", "Wrong length"]],
  [0x68, ["checking-error", "Function in CLA not supported"]],
  [0x69, ["checking-error", "Command not allowed"]],
  [0x6a, ["checking-error", "Wrong parameters P1-P2"]],
  [0x6b, ["checking-error", "Wrong parameters P1-P2"]],
  [0x6c, ["checking-error", "Wrong Le field"]],
  [0x6d, ["checking-error", "Instruction code not supported or invalid"]],
  [0x6e, ["checking-error", "Class not supported"]],
  [0x6f, ["checking-error", "No precise diagnosis"]],
]);

/** SW1s whose values with SW2 other than 00 ISO/IEC 7816-3 leaves to the card's maker. */
export const proprietaryUnlessZero: ReadonlySet<number> = new Set([0x67, 0x6b, 0x6d, 0x6e, 0x6f]);

/** Specific values. The counters and lengths in 61XX, 63CX and 6CXX are not listed. */
export const statusWords: ReadonlyMap<number, string> = new Map([
  [0x9000, "Normal processing; no further qualification"],
  [0x6200, "Warning; non-volatile memory unchanged; no information given"],
  [0x6281, "Part of the returned data may be corrupted"],
  [0x6282, "End of file or record reached before reading Ne bytes, or unsuccessful search"],
  [0x6283, "Selected file deactivated"],
  [0x6284, "File control information not formatted according to ISO/IEC 7816-4"],
  [0x6285, "Selected file in termination state"],
  [0x6286, "No input data available from a sensor on the card"],
  [0x6300, "Warning; non-volatile memory may have changed; no information given"],
  [0x6381, "File filled up by the last write"],
  [0x6400, "Execution error; non-volatile memory unchanged; no information given"],
  [0x6401, "Immediate response required by the card"],
  [0x6500, "Execution error; non-volatile memory may have changed; no information given"],
  [0x6581, "Memory failure"],
  [0x6600, "Security-related issue; no information given"],
  [0x6700, "Wrong length; no further indication"],
  [0x6800, "Function in CLA not supported; no information given"],
  [0x6881, "Logical channel not supported"],
  [0x6882, "Secure messaging not supported"],
  [0x6883, "Last command of the chain expected"],
  [0x6884, "Command chaining not supported"],
  [0x6900, "Command not allowed; no information given"],
  [0x6981, "Command incompatible with file structure"],
  [0x6982, "Security status not satisfied"],
  [0x6983, "Authentication method blocked"],
  [0x6984, "Reference data not usable"],
  [0x6985, "Conditions of use not satisfied"],
  [0x6986, "Command not allowed (no current EF)"],
  [0x6987, "Expected secure messaging data objects missing"],
  [0x6988, "Incorrect secure messaging data objects"],
  [0x6a00, "Wrong parameters P1-P2; no information given"],
  [0x6a80, "Incorrect parameters in the command data field"],
  [0x6a81, "Function not supported"],
  [0x6a82, "File or application not found"],
  [0x6a83, "Record not found"],
  [0x6a84, "Not enough memory space in the file"],
  [0x6a85, "Nc inconsistent with TLV structure"],
  [0x6a86, "Incorrect parameters P1-P2"],
  [0x6a87, "Nc inconsistent with parameters P1-P2"],
  [0x6a88, "Referenced data or reference data not found"],
  [0x6a89, "File already exists"],
  [0x6a8a, "DF name already exists"],
  [0x6b00, "Wrong parameters P1-P2"],
  [0x6d00, "Instruction code not supported or invalid"],
  [0x6e00, "Class not supported"],
  [0x6f00, "No precise diagnosis"],
]);

/** Specific values that editions after 2005 added. */
export const laterStatusWords: ReadonlyMap<number, string> = new Map([
  [0x6287, "At least one of the referenced records is deactivated"],
  [0x6340, "Unsuccessful comparison; the exact meaning depends on the command"],
  [0x6481, "Logical channel shared access denied"],
  [0x6482, "Logical channel opening denied"],
  [0x6701, "Command APDU format not compliant with ISO/IEC 7816-4"],
  [0x6702, "The value of Lc is not the one expected"],
]);
