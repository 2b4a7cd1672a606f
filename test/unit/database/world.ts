// What the database contract is run over.
import { establishContext, type Context, type DatabaseOption } from "../../../lib/index.js";
import {
  VirtualCard,
  createVirtualSubsystem,
  type VirtualSubsystem,
} from "../../../lib/virtual/index.js";

/** A kind of database, empty at first. */
export interface DatabaseWorld {
  readonly name: string;
  /** Whether the resource manager keeps it: what winscard does not tell is not asked for. */
  readonly winscard: boolean;
  open(): Promise<OpenDatabase>;
}

/** One database with readers, and contexts that share it. */
export interface OpenDatabase {
  readonly subsystem: VirtualSubsystem;
  readonly context: Context;
  another(): Promise<Context>;
  close(): Promise<void>;
}

/** Opens a database over a virtual subsystem. */
export async function openOver(
  subsystem: VirtualSubsystem,
  options: { readonly database?: DatabaseOption } = {},
): Promise<OpenDatabase> {
  const contexts: Context[] = [];
  const another = async (): Promise<Context> => {
    const context = await establishContext({ subsystem, ...options });
    contexts.push(context);
    return context;
  };
  return {
    subsystem,
    context: await another(),
    another,
    close: async () => {
      await Promise.all(contexts.map(async (context) => context.close()));
    },
  };
}

export const memoryWorld: DatabaseWorld = {
  name: "memory",
  winscard: false,
  open: async () => openOver(createVirtualSubsystem({ profile: "pcsclite" })),
};

export const winscardWorld: DatabaseWorld = {
  name: "winscard",
  winscard: true,
  open: async () => openOver(createVirtualSubsystem({ profile: "windows" })),
};

/** A card with this ATR that answers 9000. */
export function cardWith(atr: string): VirtualCard {
  return new VirtualCard({ atr: Buffer.from(atr, "hex"), handler: () => 0x9000 });
}

/** What a rejection was. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Resolved with ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}
