// What the tests of virtual readers share.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterEach, expect } from "vitest";

import { type Context, type EstablishContextOptions, establishContext, statistics } from "scard";
import {
  type VirtualProfile,
  type VirtualReader,
  type VirtualSubsystem,
  VirtualCard,
  createVirtualSubsystem,
} from "scard/virtual";

export const atr = "3B 85 80 01 73 63 61 72 64 63";

export interface Bench {
  readonly subsystem: VirtualSubsystem;
  readonly reader: VirtualReader;
  readonly context: Context;
}

/** A card that gives back the data it was sent. */
export function echoCard(): VirtualCard {
  return new VirtualCard({ atr, handler: ({ data }) => ({ data }) });
}

const subsystems = new Set<VirtualSubsystem>();

/** Where the database is: of pcsclite's profile in memory or in files, of Windows' in its winscard. */
export type Place = VirtualProfile | "files";

export const places = ["pcsclite", "files", "windows"] as const satisfies readonly Place[];

const databases = new WeakMap<
  VirtualSubsystem,
  { readonly user: string; readonly system: string }
>();

/** A subsystem with one reader and a context on it. */
export async function bench(place: Place = "pcsclite"): Promise<Bench> {
  const profile = place === "files" ? "pcsclite" : place;
  const subsystem = watched(createVirtualSubsystem({ profile }));
  if (place === "files") {
    const folder = join(process.env["SCARD_TEST_CONFIG"] ?? "", randomUUID());
    const [user, system] = [join(folder, "user.json"), join(folder, "system.json")];
    databases.set(subsystem, { user, system });
  }
  const reader = subsystem.addReader("Reader 1");
  const context = await contextOf(subsystem);
  expect(context.database.kind).toBe(
    { pcsclite: "memory", files: "files", windows: "winscard" }[place],
  );
  return { subsystem, reader, context };
}

/** Another context. */
export async function contextOf(
  subsystem: VirtualSubsystem,
  options: EstablishContextOptions = {},
): Promise<Context> {
  return establishContext({ subsystem, database: databases.get(subsystem), ...options });
}

/** The subsystem must be left with nothing alive in it. */
export function watched(subsystem: VirtualSubsystem): VirtualSubsystem {
  subsystems.add(subsystem);
  return subsystem;
}

/** After each test: what was opened is closed, on both sides. */
export function expectNothingLeft(): void {
  afterEach(async () => {
    const mine = [...subsystems];
    subsystems.clear();
    const alive = (): Record<string, number> => {
      const { threads: _, ...outside } = statistics();
      const inside = { openContexts: 0, connections: 0, waiting: 0, calls: 0 };
      for (const subsystem of mine) {
        const counts = subsystem.statistics();
        inside.openContexts += counts.contexts;
        inside.connections += counts.connections;
        inside.waiting += counts.waits;
        inside.calls += counts.calls;
      }
      const all = Object.entries({ ...outside, ...inside });
      return Object.fromEntries(all.filter(([, count]) => count !== 0));
    };
    await expect.poll(alive).toEqual({});
  });
}

/** What a promise was rejected with. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("The promise was not rejected");
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}
