// A transparent EF of any size as a stream: READ BINARY, block by block.
import type { ReadableStream as WebStream, ReadableStreamDefaultController } from "node:stream/web";

import { checkFunction, checkInteger, checkOptions, checkSignal } from "./arguments.js";
import type { SendInput, SendOptions } from "./framing.js";
import { type BinaryTarget, readBinary, targetKeys } from "./iso7816/commands/binary.js";
import { traitKeys } from "./iso7816/commands/build.js";
import { isShortRead, requireDone } from "./iso7816/commands/send.js";
import { unwrap } from "./iso7816/commands/unwrap.js";
import type { CommandApdu } from "./iso7816/command-apdu.js";
import type { ResponseApdu } from "./iso7816/response-apdu.js";

/** How far a stream has read. */
export interface ReadProgress {
  /** Bytes read. */
  readonly done: number;
  /** Bytes wanted; undefined when the stream reads to the end of the file. */
  readonly total: number | undefined;
}

/** Options of `readBinaryStream`. */
export interface ReadBinaryStreamOptions extends BinaryTarget {
  /** Bytes to read at most. Default: to the end of the file. */
  readonly length?: number | undefined;
  /**
   * Bytes asked for at once, 1 to 65 535. More than 256 need extended length fields, or are sent and
   * fetched in parts where the card has none. Default: 256.
   */
  readonly blockLength?: number | undefined;
  /** Blocks read ahead of the consumer, 0 to 1024. 0 reads a block when it is asked for. Default: 1. */
  readonly prefetch?: number | undefined;
  /** Called after each block. What it throws ends the stream. */
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  /** Ends the stream: the reader gets the signal's reason at once. */
  readonly signal?: AbortSignal | undefined;
}

const ownKeys = ["length", "blockLength", "prefetch", "onProgress", "signal"] as const;

const longestBlock = 65_535;
const shortBlock = 256;
const endOfOffsets = 0x100_0000;
/** Tag and length of a data object of up to 65 535 bytes. */
const wrapping = 4;

/** What sends the stream's commands. */
export interface BlockSender {
  send(command: SendInput, options?: SendOptions): Promise<ResponseApdu>;
}

interface Checked {
  readonly target: BinaryTarget;
  readonly length: number | undefined;
  readonly blockLength: number;
  readonly prefetch: number;
  readonly onProgress: ((progress: ReadProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

function check(options: ReadBinaryStreamOptions | undefined): Checked {
  const given = checkOptions("options", options, [...targetKeys, ...traitKeys, ...ownKeys]);
  const { length, blockLength, prefetch, onProgress, signal, ...target } = given;
  // Refused before the stream is made, with the builder's own words.
  readBinary(target as BinaryTarget);
  return {
    target: target as BinaryTarget,
    length: length === undefined ? undefined : checkInteger("length", length, 0, endOfOffsets),
    blockLength: checkInteger("blockLength", blockLength ?? shortBlock, 1, longestBlock),
    prefetch: checkInteger("prefetch", prefetch ?? 1, 0, 1024),
    onProgress:
      onProgress === undefined
        ? undefined
        : checkFunction("onProgress", onProgress as (progress: ReadProgress) => void),
    signal: checkSignal("signal", signal),
  };
}

/** @throws {ScardArgumentError} for a wrong option. */
export function readBinaryStream(
  sender: BlockSender,
  options: ReadBinaryStreamOptions | undefined,
): WebStream<Uint8Array> {
  const checked = check(options);
  const blocks = new BlockReader(sender, checked);
  const ending = new AbortController();
  const { signal } = checked;
  let onAbort: () => void = () => undefined;
  const leave = (): void => {
    signal?.removeEventListener("abort", onAbort);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller: ReadableStreamDefaultController<Uint8Array>) {
        onAbort = () => {
          ending.abort(signal?.reason);
          controller.error(signal?.reason);
        };
        if (signal?.aborted === true) {
          onAbort();
        }
        signal?.addEventListener("abort", onAbort, { once: true });
      },
      async pull(controller) {
        const block = await blocks.next(ending.signal);
        if (block.length > 0) {
          controller.enqueue(block);
        }
        if (blocks.ended) {
          leave();
          controller.close();
        }
      },
      cancel(reason) {
        leave();
        // Whoever reads has gone: a block under way is nobody's any more.
        ending.abort(reason);
      },
    },
    { highWaterMark: checked.prefetch },
  );
}

/** Reads one block after another and finds the end of the file. */
class BlockReader {
  /** Whether nothing more is to be read. */
  ended: boolean;
  readonly #sender: BlockSender;
  readonly #options: Checked;
  #done = 0;
  #short = false;

  constructor(sender: BlockSender, options: Checked) {
    this.#sender = sender;
    this.#options = options;
    this.ended = options.length === 0;
  }

  /** The next block; empty at the end of the file. */
  async next(signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    if (this.ended) {
      return new Uint8Array(0);
    }
    const { command, wanted } = this.#command();
    const response = await this.#sender.send(command, { signal });
    if (this.#isBeyondEnd(response)) {
      this.ended = true;
      return new Uint8Array(0);
    }
    const { data } = requireDone("READ BINARY", response, isShortRead);
    const block = (command.ins & 1) === 1 ? unwrap(data).subarray(0, wanted) : data;
    this.#count(block.length, wanted, response.sw);
    return block;
  }

  #command(): { readonly command: CommandApdu; readonly wanted: number } {
    const { length, blockLength, target } = this.#options;
    const left = (length ?? Infinity) - this.#done;
    const wanted = Math.min(blockLength, left, endOfOffsets - (target.offset ?? 0) - this.#done);
    const place = this.#place();
    const command = readBinary({ ...place, length: wanted });
    if (blockLength > shortBlock || !command.extended) {
      return { command, wanted };
    }
    // The odd instruction wraps the block: with its header it shall still fit the short form.
    const less = Math.min(wanted, shortBlock - wrapping);
    return { command: readBinary({ ...place, length: less }), wanted: less };
  }

  /** The first block makes the file current: the others need not name it, nor may a short EF id. */
  #place(): BinaryTarget {
    const { sfi, file, ...target } = this.#options.target;
    const offset = (target.offset ?? 0) + this.#done;
    const first = this.#done === 0;
    return { ...target, offset, ...(first ? { sfi, file } : {}) };
  }

  /**
   * Cards answer an offset at the end of the file with 6B00 or, once a block was shorter than asked,
   * with one of several checking errors: that block was the last.
   */
  #isBeyondEnd({ sw }: ResponseApdu): boolean {
    if (this.#done === 0) {
      return false;
    }
    return sw === 0x6b00 || (this.#short && (sw === 0x6a86 || sw === 0x6700 || sw === 0x6985));
  }

  #count(length: number, wanted: number, sw: number): void {
    const { length: total, onProgress, target } = this.#options;
    this.#done += length;
    // Fewer bytes with 9000 may be all that the card's buffer holds: only nothing is the end then.
    this.#short = length < wanted;
    const atLastOffset = (target.offset ?? 0) + this.#done >= endOfOffsets;
    this.ended = length === 0 || isShortRead(sw) || this.#done === total || atLastOffset;
    onProgress?.({ done: this.#done, total });
  }
}
