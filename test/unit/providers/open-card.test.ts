// openCard over virtual readers: the whole chain, and every link that can be missing.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";

import {
  type Card,
  type Context,
  type OpenCardOptions,
  type OpenedCard,
  PcscError,
  ProviderError,
  defineInterface,
  defineServiceProvider,
  newGuid,
  parseGuid,
  registerServiceProvider,
} from "scard";
import { VirtualCard } from "scard/virtual";
import { type ProviderDatabase } from "../../../lib/providers/find-provider.js";
import { openCard } from "../../../lib/providers/open-card.js";
import { bench, expectNothingLeft, failure } from "../virtual/support.js";

interface Greeter {
  greet(): Promise<string>;
}
interface Counter {
  count(): number;
}

const Greet = defineInterface<Greeter>("{11111111-2222-3333-4444-555555555555}", "Greet");
const Count = defineInterface<Counter>("{11111111-2222-3333-4444-666666666666}", "Count");
const Other = defineInterface<object>(newGuid(), "Other");
const providerId = parseGuid("{AAAAAAAA-2222-3333-4444-555555555555}");

const atr = "3B 85 80 01 73 63 61 72 64 63";
const otherAtr = "3B 80 80 01 01";

/** One card type as the database would hold it. */
interface Type {
  readonly name: string;
  readonly atr: string;
  readonly interfaces: readonly string[];
  readonly primaryProvider?: string;
  readonly module?: string;
}

/** What openCard asks of a database, over a list. */
function databaseOf(types: Type[]): ProviderDatabase {
  const find = (name: string): Type => {
    const found = types.find((type) => type.name === name);
    if (found === undefined) throw PcscError.of("SCARD_E_UNKNOWN_CARD", "SCardGetProviderId");
    return found;
  };
  const bytes = (hex: string): string => hex.replaceAll(" ", "").toLowerCase();
  return {
    listCardTypes: ({ atr: wanted, interfaces = [] }) =>
      Promise.resolve(
        types
          .filter(
            (type) =>
              wanted === undefined || bytes(type.atr) === Buffer.from(wanted).toString("hex"),
          )
          .filter((type) => interfaces.every((id) => type.interfaces.includes(id)))
          .map(({ name }) => name),
      ),
    primaryProvider: async (name) => {
      const { primaryProvider } = find(name);
      if (primaryProvider === undefined) {
        throw PcscError.of("SCARD_E_ICC_INSTALLATION", "SCardGetProviderId");
      }
      return Promise.resolve(primaryProvider);
    },
    providerName: async (name) => {
      const { module } = find(name);
      if (module === undefined) {
        throw new PcscError({ value: 2, call: "SCardGetCardTypeProviderName" });
      }
      return Promise.resolve(module);
    },
    onChange: () => () => undefined,
  };
}

const demo: Type = {
  name: "Demo",
  atr,
  interfaces: [Greet.id, Count.id],
  primaryProvider: providerId,
};

/** A provider that says what becomes of what it opens. */
function greeter(): {
  provider: ReturnType<typeof defineServiceProvider<readonly [typeof Greet, typeof Count]>>;
  log: string[];
} {
  const log: string[] = [];
  const provider = defineServiceProvider({
    id: providerId,
    name: "Greeter",
    interfaces: [Greet, Count],
    open: (card: Card, { cardType, reader }) => {
      log.push(`open ${cardType} in ${reader}`);
      return {
        greet: async () => `hello from ${String((await card.transmit("00010000")).length)} bytes`,
        count: () => 42,
        [Symbol.asyncDispose]: async () => {
          log.push(`dispose, ${card.closed ? "closed" : "open"}`);
          await Promise.resolve();
        },
      };
    },
  });
  return { provider, log };
}

function hello(): VirtualCard {
  return new VirtualCard({ atr, handler: () => "68656C6C6F9000" });
}

async function open<Service>(
  context: Context,
  types: Type[] | ProviderDatabase,
  options: OpenCardOptions<Service>,
): Promise<OpenedCard<Service>> {
  const host = {
    database: Array.isArray(types) ? databaseOf(types) : types,
    connect: context.connect.bind(context),
    listReaders: context.listReaders.bind(context),
    getStatusChange: context.getStatusChange.bind(context),
    track: context.track.bind(context),
  };
  return openCard(host, options);
}

describe("openCard", () => {
  expectNothingLeft();

  test("finds the card by the interface and serves it, typed", async () => {
    const { subsystem, reader, context } = await bench();
    const second = subsystem.addReader("Reader 2");
    reader.insert(new VirtualCard({ atr: otherAtr, handler: () => 0x9000 }));
    second.insert(hello());
    const { provider, log } = greeter();
    using _ = registerServiceProvider(provider);
    {
      await using opened = await open(context, [demo], { interface: Greet });
      expect(await opened.service.greet()).toBe("hello from 7 bytes");
      expect(opened.as(Count).count()).toBe(42);
      expect(() => opened.as(Other)).toThrow(ProviderError);
      expect(opened).toMatchObject({ reader: "Reader 2", cardType: "Demo", providerId });
      expect(Buffer.from(opened.atr).toString("hex")).toBe("3b858001736361726463");
    }
    expect(log).toEqual(["open Demo in Reader 2", "dispose, open"]);
    const opened = await open(context, [demo], { interface: Count, reader: "Reader 2" });
    await opened.close("reset");
    await opened.close();
    expect(log).toHaveLength(4);
    await context.close();
  });

  test("names each link that is missing", async () => {
    const { reader, context } = await bench();
    const of = async (
      types: Type[],
      more: Partial<OpenCardOptions<Greeter>> = {},
    ): Promise<Error> => failure(open(context, types, { interface: Greet, ...more }));
    expect(await of([demo])).toMatchObject({ code: "SCARD_E_NO_SMARTCARD" });
    reader.insert(hello());
    const bytes = Uint8Array.from(Buffer.from(atr.replaceAll(" ", ""), "hex"));
    expect(await of([{ ...demo, atr: otherAtr }])).toMatchObject({
      name: "ProviderError",
      code: "ERR_SCARD_UNKNOWN_CARD_TYPE",
      reader: reader.name,
      atr: bytes,
      message: expect.stringContaining("3B858001736361726463") as string,
    });
    expect(await of([demo], { cardTypes: ["Elsewhere"] })).toMatchObject({
      code: "ERR_SCARD_UNKNOWN_CARD_TYPE",
    });
    expect(await of([{ ...demo, interfaces: [Count.id] }])).toMatchObject({
      code: "ERR_SCARD_INTERFACE_NOT_OFFERED",
      cardTypes: ["Demo"],
      message: expect.stringContaining(`Greet ${Greet.id}`) as string,
    });
    const { primaryProvider: _, ...homeless } = demo;
    expect(await of([homeless])).toMatchObject({
      code: "SCARD_E_ICC_INSTALLATION",
      cause: { code: "SCARD_E_ICC_INSTALLATION" },
    });
    expect(await of([demo], { cardTypes: ["DEMO"] })).toMatchObject({
      code: "ERR_SCARD_PROVIDER_NOT_REGISTERED",
      provider: providerId,
    });
    const provider = { id: providerId, interfaces: [Count], open: () => ({ count: () => 1 }) };
    expect(await of([demo], { providers: [provider] })).toMatchObject({
      code: "ERR_SCARD_INTERFACE_NOT_OFFERED",
      provider: providerId,
    });
    await context.close();
  });

  test("passes over a card that is held exclusively, and waits for it when asked to", async () => {
    const { subsystem, reader, context } = await bench();
    const second = subsystem.addReader("Reader 2");
    reader.insert(hello());
    second.insert(hello());
    const { provider } = greeter();
    const options = { interface: Greet, providers: [provider] };
    const held = await context.connect("Reader 1", { shareMode: "exclusive" });
    const opened = await open(context, [demo], options);
    expect(opened.reader).toBe("Reader 2");
    await opened.close();
    // Beside one that nothing opens, the one that is held is told of.
    second.remove();
    second.insert(new VirtualCard({ atr: otherAtr, handler: () => 0x9000 }));
    expect(await failure(open(context, [demo], options))).toMatchObject({
      code: "SCARD_E_SHARING_VIOLATION",
    });
    const late = failure(open(context, [demo], { ...options, wait: true, timeoutMs: 100 }));
    expect(await late).toMatchObject({
      code: "SCARD_E_TIMEOUT",
      cause: { code: "SCARD_E_SHARING_VIOLATION" },
    });
    const waiting = open(context, [demo], { ...options, wait: true, reader: "Reader 1" });
    await expect.poll(() => subsystem.statistics().waits).toBe(1);
    await held.disconnect();
    const freed = await waiting;
    expect(freed.reader).toBe("Reader 1");
    await freed.close();
    await context.close();
  });

  test("tries the card's other types when one has no provider", async () => {
    const { reader, context } = await bench();
    reader.insert(hello());
    const { provider } = greeter();
    const types = [{ ...demo, name: "Old", primaryProvider: newGuid() }, demo];
    const opened = await open(context, types, { interface: Greet, providers: [provider] });
    expect(opened.cardType).toBe("Demo");
    await opened.close();
    await context.close();
  });

  test("disconnects the card when the provider fails, and tells why", async () => {
    const { reader, context } = await bench();
    reader.insert(hello());
    const cards: Card[] = [];
    const provider = defineServiceProvider({
      id: providerId,
      interfaces: [Greet],
      open: (card: Card): Greeter => {
        cards.push(card);
        throw new RangeError("no room");
      },
    });
    const error = await failure(open(context, [demo], { interface: Greet, providers: [provider] }));
    expect(error).toEqual(new RangeError("no room"));
    expect(cards.map(({ closed }) => closed)).toEqual([true]);
    await context.close();
  });

  test("finds a card although a reader went between the list and the look", async () => {
    const { reader, context } = await bench();
    reader.insert(hello());
    const { provider } = greeter();
    const list = context.listReaders.bind(context);
    context.listReaders = async (options) => ["Gone", ...(await list(options))];
    await using opened = await open(context, [demo], { interface: Greet, providers: [provider] });
    expect(opened.reader).toBe(reader.name);
    await opened.close();
    await context.close();
  });

  test("waits for a card that can be opened, past ones that cannot", async () => {
    const { reader, context } = await bench();
    const { provider } = greeter();
    const options = { interface: Greet, providers: [provider], wait: true } as const;
    const opening = open(context, [demo], options);
    reader.insert(new VirtualCard({ atr: otherAtr, handler: () => 0x9000 }));
    reader.remove();
    reader.insert(hello());
    const opened = await opening;
    expect(await opened.service.greet()).toBe("hello from 7 bytes");
    await opened.close();
    await context.close();
  });

  test("ends the wait with the limit, saying what the last card lacked, or with the signal", async () => {
    const { reader, context } = await bench();
    reader.insert(new VirtualCard({ atr: otherAtr, handler: () => 0x9000 }));
    const options = { interface: Greet, wait: true } as const;
    expect(await failure(open(context, [demo], { ...options, timeoutMs: 50 }))).toMatchObject({
      code: "SCARD_E_TIMEOUT",
      cause: { code: "ERR_SCARD_UNKNOWN_CARD_TYPE" },
    });
    const controller = new AbortController();
    const waiting = failure(open(context, [demo], { ...options, signal: controller.signal }));
    controller.abort(new Error("enough"));
    expect(await waiting).toEqual(new Error("enough"));
    // In a reader that was asked for, the card that is there is the answer.
    expect(await failure(open(context, [demo], { ...options, reader: reader.name }))).toMatchObject(
      { code: "ERR_SCARD_UNKNOWN_CARD_TYPE" },
    );
    await context.close();
  });

  test("ends the wait with a signal that aborts while the first cards are looked at", async () => {
    const { reader, context } = await bench();
    reader.insert(hello());
    const controller = new AbortController();
    const database = {
      ...databaseOf([]),
      listCardTypes: async (): Promise<string[]> => {
        controller.abort(new Error("enough"));
        return Promise.resolve([]);
      },
    };
    const options = { interface: Greet, wait: true, signal: controller.signal };
    expect((await failure(open(context, database, options))).message).toBe("enough");
    await context.close();
  });

  test("ends the wait when the context is closed, and waits for a reader that is yet to come", async () => {
    const { subsystem, context } = await bench();
    const { provider } = greeter();
    const options = {
      interface: Greet,
      providers: [provider],
      wait: true,
      reader: "Later",
    } as const;
    const opening = open(context, [demo], options);
    subsystem.addReader("Later").insert(hello());
    const opened = await opening;
    await opened.close();
    const waiting = failure(open(context, [demo], { ...options, reader: "Never" }));
    await context.close();
    expect(await waiting).toMatchObject({
      code: expect.stringMatching(/CLOSED|CANCELLED/) as string,
    });
  });

  test("gives up a provider that does not return, and closes the card under it", async () => {
    const { reader, context } = await bench();
    reader.insert(hello());
    const cards: Card[] = [];
    const provider = defineServiceProvider({
      id: providerId,
      interfaces: [Greet],
      open: async (card: Card) => {
        cards.push(card);
        return new Promise<Greeter>(() => undefined);
      },
    });
    const options = { interface: Greet, providers: [provider], timeoutMs: 100 };
    expect(await failure(open(context, [demo], options))).toMatchObject({
      code: "SCARD_E_TIMEOUT",
    });
    expect(cards.map(({ closed }) => closed)).toEqual([true]);
    await context.close();
  });

  test("refuses wrong options before anything is looked at", async () => {
    const { context } = await bench();
    const wrong: readonly (readonly [string, object])[] = [
      ["interface", {}],
      ["interface", { interface: "{11111111-2222-3333-4444-555555555555}" }],
      ["options", { interface: Greet, intrface: 1 }],
      ["shareMode", { interface: Greet, shareMode: "direct" }],
      ["groups", { interface: Greet, reader: "R", groups: ["G"] }],
      ["providers", { interface: Greet, providers: {} }],
      ["providers[].interfaces", { interface: Greet, providers: [{ id: newGuid() }] }],
      ["allowProviderModules", { interface: Greet, allowProviderModules: "all" }],
      ["wait", { interface: Greet, wait: 1 }],
    ];
    for (const [argument, options] of wrong) {
      const error = await failure(open(context, [demo], options as OpenCardOptions<unknown>));
      expect(error).toMatchObject({ code: "ERR_SCARD_ARGUMENT", argument });
    }
    await context.close();
  });
});

describe("registerServiceProvider", () => {
  test("keeps GUIDs apart, replaces on demand, and takes out its own only", () => {
    const { provider } = greeter();
    const first = registerServiceProvider(provider);
    expect(() => registerServiceProvider(provider)).toThrow(/not registered yet/);
    const second = registerServiceProvider(provider, { replace: true });
    first.unregister();
    expect(() => registerServiceProvider(provider)).toThrow(/not registered yet/);
    second.unregister();
    registerServiceProvider(provider)[Symbol.dispose]();
    expect(() => registerServiceProvider({ ...provider, interfaces: [] as never })).toThrow();
    expect(() => registerServiceProvider({ ...provider, id: "1" })).toThrow();
  });
});

describe("provider modules of the database", () => {
  expectNothingLeft();
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  async function moduleWith(text: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "scard-provider-"));
    folders.push(folder);
    const file = join(folder, "provider.mjs");
    await writeFile(file, text);
    return file;
  }

  const source = `export const serviceProvider = {
    id: "${providerId}",
    interfaces: [{ id: "${Greet.id}", name: "Greet" }],
    open: () => ({ greet: async () => "from the module" }),
  };`;

  test("are loaded only where the program allows it by name", async () => {
    const { reader, context } = await bench();
    reader.insert(hello());
    const module = await moduleWith(source);
    const types = [{ ...demo, module }];
    const importModule = vi.fn(async (specifier: string): Promise<unknown> => import(specifier));
    const attempt = async (allowProviderModules?: never): Promise<Error> =>
      failure(open(context, types, { interface: Greet, importModule, allowProviderModules }));
    for (const allowed of [
      undefined,
      [],
      ["elsewhere"],
      () => false,
      () => 1,
      () => Promise.resolve(true),
    ]) {
      expect(await attempt(allowed as never)).toMatchObject({
        code: "ERR_SCARD_PROVIDER_MODULE_NOT_ALLOWED",
        module,
        message: expect.stringContaining("allowProviderModules") as string,
      });
    }
    expect(importModule).not.toHaveBeenCalled();
    for (const allowProviderModules of [[module], (name: string) => name === module] as const) {
      const opened = await open(context, types, { interface: Greet, allowProviderModules });
      expect(await opened.service.greet()).toBe("from the module");
      await opened.close();
    }
    await context.close();
  });

  test("say what is wrong with them", async () => {
    const { reader, context } = await bench();
    reader.insert(hello());
    const attempt = async (module: string): Promise<Error> =>
      failure(
        open(context, [{ ...demo, module }], {
          interface: Greet,
          allowProviderModules: () => true,
        }),
      );
    const wrong = [
      await moduleWith("throw new Error('broken module')"),
      await moduleWith("export default 7"),
      await moduleWith(source.replace(providerId, newGuid())),
      "no-such-package-of-scard",
      "./relative.mjs",
    ];
    for (const module of wrong) {
      expect(await attempt(module)).toMatchObject({ code: "ERR_SCARD_PROVIDER_MODULE", module });
    }
    await context.close();
  });

  test("are not asked for when the provider is registered", async () => {
    const { reader, context } = await bench();
    reader.insert(hello());
    const { provider } = greeter();
    using _ = registerServiceProvider(provider);
    const opened = await open(context, [{ ...demo, module: "/nowhere" }], { interface: Greet });
    await opened.close();
    await context.close();
  });
});
