// Open files: a position, and the commands that read and write there.
import { checkInteger, checkOneOf } from "../../arguments.js";
import { type BytesInput, copyBytes } from "../../bytes.js";
import { ScardArgumentError } from "../../errors/argument-error.js";
import { ClosedError } from "../../errors/closed-error.js";
import { StatusWordError } from "../../errors/status-word-error.js";
import type { BinaryTarget } from "../../iso7816/commands/binary.js";
import type { IsoCalls } from "../../iso7816/commands/calls.js";
import type { FileControl } from "../../iso7816/commands/file-control.js";
import { joinBytes } from "../../iso7816/commands/file-words.js";
import type { CallOptions } from "../../limits.js";
import type { OpenBinaryFile, OpenRecordFile, SeekOrigin } from "./interfaces.js";
import type { RoleSession } from "./session.js";

/** Where an open file is. */
export interface Placed {
  readonly session: RoleSession;
  /** Short identifier that stands in the commands; undefined: the file must be selected. */
  readonly sfi: number | undefined;
  /** Selects it from anywhere; with a short identifier the directory that it counts in. */
  readonly select: (iso: IsoCalls, options: CallOptions | undefined) => Promise<void>;
}

/** Bytes that one command reads, and writes with room for the objects of odd instructions. */
const mostRead = 256;
const mostWritten = 240;

const mostObjects = 0xffffff;
const mostRecords = 254;

const recordNotFound = 0x6a83;
const wrongOffset = 0x6b00;

const mostBesideShortId = 0xff;

/** What cards say that do not know the odd instructions: INS, CLA, function, P1-P2, Lc. */
const oddRefused: ReadonlySet<number> = new Set([0x6d00, 0x6e00, 0x6a81, 0x6a86, 0x6700]);

/** What both kinds of open file have. */
abstract class IsoOpenFile {
  readonly control: FileControl;
  readonly #placed: Placed;
  #position = 0;
  #closed = false;

  constructor(placed: Placed, control: FileControl) {
    this.#placed = placed;
    this.control = control;
  }

  get position(): number {
    return this.#position;
  }

  get closed(): boolean {
    return this.#closed;
  }

  seek(offset: number, from: SeekOrigin = "start"): number {
    this.checkOpen();
    const origin = checkOneOf("from", from, ["start", "current", "end"]);
    const size = origin === "end" ? this.size : 0;
    if (size === undefined) {
      throw new ScardArgumentError("from", from, '"start" or "current": the card tells no size');
    }
    const base = origin === "current" ? this.#position : size;
    this.#position = base + checkInteger("offset", offset, -base, mostObjects - base);
    return this.#position;
  }

  close(): void {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#placed.session.idle();
    this.close();
  }

  /** Objects in the file, where the card tells. */
  protected abstract get size(): number | undefined;

  protected get sfi(): { readonly sfi?: number } {
    const { sfi } = this.#placed;
    return sfi === undefined ? {} : { sfi };
  }

  protected checkOpen(): void {
    if (this.#closed) {
      throw new ClosedError("file");
    }
  }

  protected advance(count: number): void {
    this.#position += count;
  }

  /** Work on the selected file, after what was asked before. */
  protected async inTurn<Value>(
    options: CallOptions | undefined,
    work: (iso: IsoCalls) => Promise<Value>,
  ): Promise<Value> {
    this.checkOpen();
    const { session, sfi, select } = this.#placed;
    return session.inTurn(async (iso) => {
      this.checkOpen();
      if (session.selected !== this.#placed) {
        await select(iso, options);
        // A command with a short identifier makes that file current instead of whichever was.
        session.selected = sfi === undefined ? this.#placed : undefined;
      }
      return work(iso);
    });
  }

  /** Whether the card has this file as its current one. */
  protected get current(): boolean {
    return this.#placed.session.selected === this.#placed;
  }

  /** A command with the short identifier has made the file the card's current one. */
  protected madeCurrent(): void {
    this.#placed.session.selected = this.#placed;
  }
}

class IsoBinaryFile extends IsoOpenFile implements OpenBinaryFile {
  readonly kind = "transparent";
  /** Whether the card has refused the instruction that takes a high offset beside a short identifier. */
  #evenOnly = false;

  async read(length = mostObjects, options?: CallOptions): Promise<Uint8Array> {
    checkInteger("length", length, 0, mostObjects);
    return this.inTurn(options, async (iso) => {
      const parts: Uint8Array[] = [];
      for (let left = length; left > 0;) {
        const asked = Math.min(left, mostRead);
        const part = await this.#readPart(iso, asked, options);
        parts.push(part);
        this.advance(part.length);
        left = part.length < asked ? 0 : left - part.length;
      }
      return joinBytes(...parts);
    });
  }

  async write(data: BytesInput, options?: CallOptions): Promise<void> {
    const bytes = copyBytes("data", data, 0, mostObjects);
    await this.inTurn(options, async (iso) => {
      for (let done = 0; done < bytes.length; done += mostWritten) {
        const part = bytes.subarray(done, done + mostWritten);
        await this.#atPosition(iso, options, async (place) =>
          iso.updateBinary({ ...place, data: part }, options),
        );
        this.advance(part.length);
      }
    });
  }

  protected get size(): number | undefined {
    return this.control.size;
  }

  /**
   * Beside a short identifier there is room for offsets to 255. For what lies behind, ISO/IEC 7816-4 has
   * the odd instructions; cards without them are asked to make the file the current one, which has room
   * for 32 767.
   */
  async #atPosition<Value>(
    iso: IsoCalls,
    options: CallOptions | undefined,
    work: (place: BinaryTarget) => Promise<Value>,
  ): Promise<Value> {
    const { sfi } = this.sfi;
    const offset = this.position;
    if (sfi === undefined || offset <= mostBesideShortId) {
      return work({ ...this.sfi, offset });
    }
    if (!this.#evenOnly) {
      try {
        return await work({ sfi, offset });
      } catch (error) {
        if (!(error instanceof StatusWordError) || !oddRefused.has(error.sw)) {
          throw error;
        }
        this.#evenOnly = true;
      }
    }
    if (!this.current) {
      await iso.readBinary({ sfi, length: 1 }, options);
      this.madeCurrent();
    }
    return work({ offset });
  }

  async #readPart(
    iso: IsoCalls,
    length: number,
    options: CallOptions | undefined,
  ): Promise<Uint8Array> {
    try {
      return await this.#atPosition(iso, options, async (place) =>
        iso.readBinary({ ...place, length }, options),
      );
    } catch (error) {
      if (error instanceof StatusWordError && error.sw === wrongOffset) {
        // Past the end.
        return new Uint8Array(0);
      }
      throw error;
    }
  }
}

class IsoRecordFile extends IsoOpenFile implements OpenRecordFile {
  readonly kind = "records";

  async read(count = mostRecords, options?: CallOptions): Promise<Uint8Array[]> {
    checkInteger("count", count, 0, mostRecords);
    return this.inTurn(options, async (iso) => {
      const records: Uint8Array[] = [];
      while (records.length < count && this.position < mostRecords) {
        const record = await this.#readOne(iso, options);
        if (record === undefined) {
          break;
        }
        records.push(record);
        this.advance(1);
      }
      return records;
    });
  }

  async write(record: BytesInput, options?: CallOptions): Promise<void> {
    const data = copyBytes("record", record, 1, 0xffff);
    await this.inTurn(options, async (iso) => {
      try {
        await iso.updateRecord({ ...this.sfi, record: this.position + 1, data }, options);
      } catch (error) {
        if (!isRecordNotFound(error)) {
          throw error;
        }
        await iso.appendRecord({ ...this.sfi, data }, options);
      }
      this.advance(1);
    });
  }

  protected get size(): number | undefined {
    return this.control.recordCount;
  }

  async #readOne(iso: IsoCalls, options: CallOptions | undefined): Promise<Uint8Array | undefined> {
    try {
      return await iso.readRecord({ ...this.sfi, record: this.position + 1 }, options);
    } catch (error) {
      if (isRecordNotFound(error)) {
        return undefined;
      }
      throw error;
    }
  }
}

function isRecordNotFound(error: unknown): boolean {
  return error instanceof StatusWordError && error.sw === recordNotFound;
}

/** Opens a transparent EF. */
export function openBinary(placed: Placed, control: FileControl): OpenBinaryFile {
  return new IsoBinaryFile(placed, control);
}

/** Opens an EF of records. */
export function openRecords(placed: Placed, control: FileControl): OpenRecordFile {
  return new IsoRecordFile(placed, control);
}
