import { describe, expect, it } from "vitest";

import { ScardArgumentError, newGuid, parseGuid } from "scard";

describe("GUIDs", () => {
  it("have one form", () => {
    const expected = "{01234567-89AB-CDEF-0123-456789ABCDEF}";
    expect(parseGuid("01234567-89ab-cdef-0123-456789abcdef")).toBe(expected);
    expect(parseGuid("{01234567-89AB-cdef-0123-456789abcdef}")).toBe(expected);
    expect(newGuid()).toMatch(/^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$/);
    expect(newGuid()).not.toBe(newGuid());
  });

  it.each([
    "",
    "{01234567-89AB-CDEF-0123-456789ABCDEF",
    "01234567-89AB-CDEF-0123-456789ABCDEF}",
    "0123456789ABCDEF0123456789ABCDEF",
    "{01234567-89AB-CDEF-0123-456789ABCDEG}",
    "{01234567-89AB-CDEF-0123-456789ABCDEF}\n",
    7,
  ])("%j is none", (text) => {
    expect(() => parseGuid(text as string)).toThrow(ScardArgumentError);
  });
});
