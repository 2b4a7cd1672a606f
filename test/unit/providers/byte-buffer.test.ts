// ByteBuffer: every rule of IByteBuffer.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";

import { ByteBuffer, LockError, ScardArgumentError } from "scard";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("ByteBuffer", () => {
  it("begins with bytes of its own, or zeros", () => {
    const given = Uint8Array.of(1, 2, 3);
    const buffer = new ByteBuffer(given);
    given.fill(9);
    expect(buffer.toBytes()).toEqual(Uint8Array.of(1, 2, 3));
    buffer.toBytes().fill(9);
    expect(hex(buffer.read())).toBe("010203");
    expect(new ByteBuffer(3).toBytes()).toEqual(new Uint8Array(3));
    expect(new ByteBuffer("0A0B").size).toBe(2);
    expect(new ByteBuffer().stat()).toEqual({ size: 0, position: 0, locks: 0 });
  });

  it("reads and writes at its position and moves it", () => {
    const buffer = new ByteBuffer("00112233");
    expect(hex(buffer.read(2))).toBe("0011");
    buffer.write("AA");
    expect([buffer.position, hex(buffer.toBytes())]).toEqual([3, "0011aa33"]);
    buffer.write("BBCC");
    expect([buffer.position, hex(buffer.toBytes())]).toEqual([5, "0011aabbcc"]);
    expect(buffer.read()).toEqual(new Uint8Array());
    expect(buffer.read(0)).toEqual(new Uint8Array());
  });

  it("seeks from start, position and end, also past the end, never before the start", () => {
    const buffer = new ByteBuffer("00112233");
    expect(buffer.seek(2)).toBe(2);
    expect(buffer.seek(-1, "current")).toBe(1);
    expect(buffer.seek(-1, "end")).toBe(3);
    expect(buffer.seek(10)).toBe(10);
    expect(buffer.read(5)).toEqual(new Uint8Array());
    expect(buffer.position).toBe(10);
    for (const [offset, from] of [
      [-1, "start"],
      [-11, "current"],
      [-5, "end"],
    ] as const) {
      expect(() => buffer.seek(offset, from)).toThrow(ScardArgumentError);
    }
    expect(buffer.position).toBe(10);
  });

  it("has nothing to commit and nothing to take back", () => {
    const buffer = new ByteBuffer("00112233");
    buffer.write("AA");
    buffer.commit();
    buffer.write("BB");
    buffer.revert();
    expect([buffer.position, hex(buffer.toBytes())]).toEqual([2, "aabb2233"]);
  });

  it("fills the room before a write past the end with zeros, and keeps empty writes from growing it", () => {
    const buffer = new ByteBuffer("FF");
    buffer.seek(3);
    buffer.write("");
    expect(buffer.size).toBe(1);
    buffer.write("AA");
    expect(hex(buffer.toBytes())).toBe("ff0000aa");
  });

  it("cuts and grows without moving, and does not bring back what was cut", () => {
    const buffer = new ByteBuffer("01020304");
    buffer.seek(4);
    buffer.setSize(1);
    expect([buffer.size, buffer.position]).toEqual([1, 4]);
    buffer.setSize(4);
    expect(hex(buffer.toBytes())).toBe("01000000");
  });

  it("shares bytes and locks with clones, not the position", () => {
    const buffer = new ByteBuffer("0102");
    buffer.seek(1);
    const clone = buffer.clone();
    expect(clone.position).toBe(1);
    clone.write("FF".repeat(100));
    expect([buffer.position, buffer.size]).toEqual([1, 101]);
    buffer.write("EE");
    expect(hex(clone.toBytes().subarray(0, 3))).toBe("01eeff");
    buffer.lockRegion(0, 1);
    expect(clone.stat().locks).toBe(1);
  });

  it("copies from position to position", () => {
    const from = new ByteBuffer("01020304");
    const to = new ByteBuffer("AAAAAAAA");
    from.seek(1);
    to.seek(2);
    expect(from.copyTo(to, { length: 2 })).toBe(2);
    expect([from.position, to.position, hex(to.toBytes())]).toEqual([3, 4, "aaaa0203"]);
    expect(from.copyTo(to)).toBe(1);
    expect(hex(to.toBytes())).toBe("aaaa020304");
    // Onto itself, through a clone.
    const self = new ByteBuffer("0102");
    const clone = self.clone();
    clone.seek(0, "end");
    expect(self.copyTo(clone)).toBe(2);
    expect(hex(self.toBytes())).toBe("01020102");
  });

  it("keeps others from writing in a locked region, which may lie past the end", () => {
    const buffer = new ByteBuffer("01020304");
    const clone = buffer.clone();
    buffer.lockRegion(2, 8);
    clone.write("AABB");
    expect(() => {
      clone.write("CC");
    }).toThrow(LockError);
    expect(clone.position).toBe(2);
    expect(() => {
      clone.setSize(3);
    }).toThrow(LockError);
    expect(() => {
      clone.setSize(20);
    }).toThrow(LockError);
    buffer.seek(2);
    buffer.write("DD");
    expect(hex(buffer.toBytes())).toBe("aabbdd04");
    expect(() => {
      clone.lockRegion(9, 5);
    }).toThrow(LockError);
    expect(() => {
      buffer.unlockRegion(2, 7);
    }).toThrow(LockError);
    expect(() => {
      clone.unlockRegion(2, 8);
    }).toThrow(LockError);
    buffer.unlockRegion(2, 8);
    clone.write("CC");
    const source = new ByteBuffer("01");
    buffer.lockRegion(0, 9);
    clone.seek(0);
    expect(() => source.copyTo(clone)).toThrow(LockError);
    expect(source.position).toBe(0);
  });

  it("shows nothing of its bytes", () => {
    expect(inspect(new ByteBuffer("31323334"))).toBe("ByteBuffer { size: 4, position: 0 }");
  });
});
