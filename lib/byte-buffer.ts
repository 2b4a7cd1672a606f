// IByteBuffer of the Smart Card SDK: a stream over bytes in memory.
import { checkInteger, checkOneOf, checkOptions } from "./arguments.js";
import { type BytesInput, copyBytes } from "./bytes.js";
import { ScardArgumentError } from "./errors/argument-error.js";
import { inspectable } from "./inspect.js";
import { LockError } from "./lock-error.js";

/** Options of {@link ByteBuffer.copyTo}. */
export interface CopyToOptions {
  /** Bytes at most. Default: to the end. */
  readonly length?: number | undefined;
}

/** What {@link ByteBuffer.stat} tells. */
export interface ByteBufferStat {
  readonly size: number;
  readonly position: number;
  /** Regions that are locked. */
  readonly locks: number;
}

interface Region {
  readonly start: number;
  readonly end: number;
  /** Who may write in it. */
  readonly owner: ByteBuffer;
}

/** What clones share. */
interface Shared {
  bytes: Uint8Array;
  size: number;
  readonly locks: Region[];
}

const mostBytes = 0x3fffffff;

/**
 * Bytes with a position, as a stream: reads and writes begin at the position and move it, writes past
 * the end let it grow. Clones share bytes and locks but have a position of their own. `IByteBuffer`.
 */
export class ByteBuffer {
  #shared: Shared;
  #position = 0;

  /**
   * `Initialize`.
   * @param content Bytes or hexadecimal text to begin with; copied. A number makes as many zeros.
   *   Default: none.
   */
  constructor(content: BytesInput | number = 0) {
    const bytes =
      typeof content === "number"
        ? new Uint8Array(checkInteger("content", content, 0, mostBytes))
        : copyBytes("content", content, 0, mostBytes);
    this.#shared = { bytes, size: bytes.length, locks: [] };
  }

  /** Where the next read or write begins; may lie past the end. */
  get position(): number {
    return this.#position;
  }

  /** How many bytes there are. */
  get size(): number {
    return this.#shared.size;
  }

  /** A copy of all bytes. */
  toBytes(): Uint8Array {
    return this.#shared.bytes.slice(0, this.size);
  }

  /**
   * The next bytes, and moves past them: `Read`.
   * @param length At most. Default: to the end.
   * @returns A copy; fewer bytes at the end, none past it.
   */
  read(length = mostBytes): Uint8Array {
    checkInteger("length", length, 0, mostBytes);
    const start = Math.min(this.#position, this.size);
    const bytes = this.#shared.bytes.slice(start, Math.min(start + length, this.size));
    this.#position += bytes.length;
    return bytes;
  }

  /**
   * Writes at the position and moves past it: `Write`. Past the end the room between is filled with
   * zeros; no bytes change nothing.
   * @throws {LockError} when another clone has locked a part of it.
   */
  write(bytes: BytesInput): void {
    const given = copyBytes("bytes", bytes, 0, mostBytes);
    if (given.length === 0) {
      return;
    }
    const end = checkInteger("end", this.#position + given.length, 0, mostBytes);
    this.#checkWritable(this.#position, end);
    this.#reserve(end);
    this.#shared.bytes.set(given, this.#position);
    this.#shared.size = Math.max(this.size, end);
    this.#position = end;
  }

  /**
   * Moves the position: `Seek`.
   * @param offset May be negative with `"current"` and `"end"`.
   * @param from Default: `"start"`.
   * @returns The new position.
   * @throws {ScardArgumentError} for a place before the start. Past the end is allowed.
   */
  seek(offset: number, from: "start" | "current" | "end" = "start"): number {
    const origin = { start: 0, current: this.#position, end: this.size };
    const base = origin[checkOneOf("from", from, ["start", "current", "end"])];
    this.#position = base + checkInteger("offset", offset, -base, mostBytes - base);
    return this.#position;
  }

  /**
   * Cuts off, or adds zeros at the end: `SetSize`. The position stays.
   * @throws {LockError} when another clone has locked a part of what would go or come.
   */
  setSize(size: number): void {
    checkInteger("size", size, 0, mostBytes);
    const { size: old } = this.#shared;
    this.#checkWritable(Math.min(size, old), Math.max(size, old));
    this.#reserve(size);
    // What is cut off must not come back when the end moves out again.
    this.#shared.bytes.fill(0, Math.min(size, old), old);
    this.#shared.size = size;
  }

  /**
   * Copies from this position to the position of `target`, and moves both: `CopyTo`.
   * @returns How many bytes were copied.
   */
  copyTo(target: ByteBuffer, options?: CopyToOptions): number {
    if (!(target instanceof ByteBuffer)) {
      throw new ScardArgumentError("target", target, "a ByteBuffer");
    }
    const { length } = checkOptions("options", options, ["length"]);
    const start = this.#position;
    const bytes = this.read(length as number | undefined);
    try {
      target.write(bytes);
    } catch (error) {
      this.#position = start;
      throw error;
    }
    return bytes.length;
  }

  /** A buffer on the same bytes with a position of its own, which starts here: `Clone`. */
  clone(): ByteBuffer {
    const other = new ByteBuffer();
    other.#shared = this.#shared;
    other.#position = this.#position;
    return other;
  }

  /** `Stat`. */
  stat(): ByteBufferStat {
    const { size, locks } = this.#shared;
    return Object.freeze({ size, position: this.#position, locks: locks.length });
  }

  /**
   * Keeps other clones from writing in a region, which may lie past the end: `LockRegion`.
   * @throws {LockError} when a part of it is locked already.
   */
  lockRegion(start: number, length: number): void {
    const { end } = checkRegion(start, length);
    if (this.#shared.locks.some((lock) => start < lock.end && lock.start < end)) {
      throw new LockError(`A part of the region ${describe(start, end)} is locked already.`);
    }
    this.#shared.locks.push({ start, end, owner: this });
  }

  /**
   * Ends a lock of this clone; the region must be given as it was locked: `UnlockRegion`.
   * @throws {LockError} when this clone has not locked this very region.
   */
  unlockRegion(start: number, length: number): void {
    const { end } = checkRegion(start, length);
    const { locks } = this.#shared;
    const index = locks.findIndex(
      (lock) => lock.owner === this && lock.start === start && lock.end === end,
    );
    if (index < 0) {
      throw new LockError(`The region ${describe(start, end)} is not locked by this buffer.`);
    }
    locks.splice(index, 1);
  }

  /** `Commit`: writes take effect at once, so that nothing is left to do. */
  commit(): void {
    // What IByteBuffer has for streams that are transacted.
  }

  /** `Revert`: as nothing waits for a {@link ByteBuffer.commit}, nothing is taken back. */
  revert(): void {
    // As above.
  }

  /** For `console.log`: nothing of the bytes. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspectable("ByteBuffer", { size: this.size, position: this.#position });
  }

  #checkWritable(start: number, end: number): void {
    const held = this.#shared.locks.find(
      (lock) => lock.owner !== this && start < lock.end && lock.start < end,
    );
    if (held !== undefined) {
      throw new LockError(`Another buffer has locked ${describe(held.start, held.end)}.`);
    }
  }

  /** Doubles, so that many short writes cost as much as a long one. */
  #reserve(size: number): void {
    const { bytes } = this.#shared;
    if (size > bytes.length) {
      const grown = new Uint8Array(Math.min(mostBytes, Math.max(size, 2 * bytes.length, 64)));
      grown.set(bytes);
      // The old memory may have held a key.
      bytes.fill(0);
      this.#shared.bytes = grown;
    }
  }
}

function checkRegion(start: number, length: number): { readonly end: number } {
  checkInteger("start", start, 0, mostBytes);
  return { end: start + checkInteger("length", length, 1, mostBytes) };
}

function describe(start: number, end: number): string {
  return `${String(start)} to ${String(end - 1)}`;
}
