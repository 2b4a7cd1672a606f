// connectVpcd() against a server that plays vpcd's part; test/pcscd has the real one.
import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";

import { ClosedError, PcscError, ScardArgumentError } from "scard";
import {
  type VpcdBridgeFault,
  IsoCard,
  ReplayCard,
  VirtualCard,
  VpcdBridge,
  VpcdError,
  connectVpcd,
  createVirtualSubsystem,
} from "scard/virtual";

import { atr, echoCard, failure, hex } from "./support.js";

/** vpcd's side of one port. */
class Driver {
  readonly #server: Server;
  readonly #silent: boolean;
  readonly #sockets: Socket[] = [];
  #taken = 0;
  #received = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  private constructor(server: Server, silent: boolean) {
    this.#server = server;
    this.#silent = silent;
    server.on("connection", (socket) => {
      this.#sockets.push(socket);
      this.#received = Buffer.alloc(0);
      socket.on("error", () => undefined);
      // As the driver does of its own accord: it powers the card down, which has no answer.
      if (!this.#silent) socket.write(Uint8Array.of(0, 1, 0));
      socket.on("data", (data) => {
        this.#received = Buffer.concat([this.#received, data]);
        this.#wake();
      });
      this.#wake();
    });
  }

  static async listen(port = 0, { silent = false } = {}): Promise<Driver> {
    const server = createServer();
    const driver = new Driver(server, silent);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    drivers.add(driver);
    return driver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next connection, which may have come already: what is said goes there. */
  async connection(): Promise<void> {
    ++this.#taken;
    while (this.#sockets.length < this.#taken) await this.#news();
  }

  say(...message: readonly number[]): void {
    this.#sockets.at(-1)?.write(Uint8Array.of(0, message.length, ...message));
  }

  async ask(...message: readonly number[]): Promise<string> {
    this.say(...message);
    while (this.#received.length < 2 || this.#received.length < 2 + this.#received.readUInt16BE()) {
      await this.#news();
    }
    const end = 2 + this.#received.readUInt16BE();
    const answer = hex(this.#received.subarray(2, end));
    this.#received = this.#received.subarray(end);
    return answer;
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async close(): Promise<void> {
    drivers.delete(this);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const drivers = new Set<Driver>();

afterEach(async () => {
  for (const driver of drivers) await driver.close();
});

const atrHex = atr.replaceAll(" ", "");

describe("connectVpcd", () => {
  test("serves a handler's card: ATR, power and commands", async () => {
    const driver = await Driver.listen();
    const power: string[] = [];
    const onlyT1 = "3B85017363617264E3";
    const card = new VirtualCard({
      atr: onlyT1,
      onPower: (event) => power.push(event),
      handler: ({ data }, { protocol }) => {
        expect(protocol).toBe("t1");
        return { data };
      },
    });
    await using bridge = await connectVpcd(card, { port: driver.port });
    await driver.connection();
    expect(bridge).toMatchObject({ host: "127.0.0.1", port: driver.port, state: "connected" });
    expect(bridge.card).toBe(card);
    expect(await driver.ask(4)).toBe(onlyT1);
    driver.say(1);
    expect(await driver.ask(0x80, 0x10, 0, 0, 2, 0xca, 0xfe)).toBe("CAFE9000");
    driver.say(2);
    driver.say(0);
    expect(await driver.ask(4)).toBe(onlyT1);
    await expect.poll(() => power).toEqual(["power-on", "reset", "power-off"]);
  });

  test("serves the built-in and the replay card", async () => {
    const driver = await Driver.listen();
    const iso = new IsoCard({ files: [{ type: "transparent", id: 1, sfi: 1, content: "CAFE" }] });
    const first = await connectVpcd(iso, { port: driver.port });
    await driver.connection();
    expect(await driver.ask(0x00, 0xb0, 0x81, 0x00, 0x00)).toBe("CAFE9000");
    await first.close();
    const replay = new ReplayCard(`atr: ${atr}\n> 00 84 00 00\n< 90 00\n`);
    await using second = await connectVpcd(replay, { port: driver.port });
    await driver.connection();
    driver.say(1);
    expect(await driver.ask(0x00, 0x84, 0x00, 0x00)).toBe("9000");
    expect(second.card).toBe(replay);
    expect(replay.remaining).toBe(0);
  });

  test("connects again after a restart of the daemon, and tells", async () => {
    const first = await Driver.listen();
    const { port } = first;
    const events: string[] = [];
    await using bridge = await connectVpcd(echoCard(), { port, longestPauseMs: 20 });
    bridge.on("disconnected", () => events.push("disconnected"));
    bridge.on("connected", () => events.push("connected"));
    bridge.on("unreachable", ({ code }) => events.push(code));
    await first.close();
    await expect.poll(() => events).toEqual(["disconnected", "ERR_SCARD_VPCD_UNREACHABLE"]);
    expect(bridge.state).toBe("connecting");
    const again = bridge.connected();
    const second = await Driver.listen(port);
    await again;
    await second.connection();
    expect(await second.ask(4)).toBe(atrHex);
    expect(events.at(-1)).toBe("connected");
  });

  test("waits for a daemon that is started later", async () => {
    const early = await Driver.listen();
    const { port } = early;
    await early.close();
    const connecting = connectVpcd(echoCard(), { port, longestPauseMs: 20 });
    const driver = await Driver.listen(port);
    await using bridge = await connecting;
    await driver.connection();
    expect(bridge.state).toBe("connected");
    expect(await driver.ask(4)).toBe(atrHex);
  });

  test("gives up when told, says why, and leaves the card free", async () => {
    const early = await Driver.listen();
    const { port } = early;
    await early.close();
    const card = echoCard();
    const late = await failure(connectVpcd(card, { port, timeoutMs: 100 }));
    expect(late).toBeInstanceOf(PcscError);
    expect(late).toMatchObject({ code: "SCARD_E_TIMEOUT", call: "connectVpcd" });
    expect(late.cause).toBeInstanceOf(VpcdError);
    expect(late.cause).toMatchObject({ host: "127.0.0.1", port });

    const controller = new AbortController();
    const reason = new Error("enough");
    const aborted = failure(connectVpcd(card, { port, signal: controller.signal }));
    controller.abort(reason);
    expect(await aborted).toBe(reason);
    expect(await failure(connectVpcd(card, { signal: AbortSignal.abort(reason) }))).toBe(reason);

    const reader = createVirtualSubsystem().addReader("Reader 1");
    reader.insert(card);
    const elsewhere = await failure(connectVpcd(card, { port }));
    expect(elsewhere).toMatchObject({ code: "ERR_SCARD_VPCD_CARD_ELSEWHERE" });
  });

  test("is not connected while nobody speaks, as where another card is in the reader", async () => {
    const driver = await Driver.listen(0, { silent: true });
    const card = echoCard();
    const late = await failure(connectVpcd(card, { port: driver.port, timeoutMs: 100 }));
    expect(late).toMatchObject({ code: "SCARD_E_TIMEOUT", call: "connectVpcd" });
    // The card is free again.
    const connecting = connectVpcd(card, { port: driver.port });
    await driver.connection();
    await driver.connection();
    driver.say(0);
    await using bridge = await connecting;
    expect(bridge.state).toBe("connected");
  });

  test("closes with its signal, once, and frees the card", async () => {
    const driver = await Driver.listen();
    const controller = new AbortController();
    const { signal } = controller;
    const card = echoCard();
    const bridge = await connectVpcd(card, { port: driver.port, signal });
    const reader = createVirtualSubsystem().addReader("Reader 1");
    expect(() => reader.insert(card)).toThrow(
      expect.objectContaining({ code: "ERR_SCARD_VIRTUAL_CARD_ELSEWHERE" }),
    );
    let closings = 0;
    bridge.on("close", () => ++closings);
    controller.abort();
    await bridge.close();
    await bridge.close();
    expect(bridge).toMatchObject({ state: "closed", card: undefined });
    expect(closings).toBe(1);
    expect(await failure(bridge.connected())).toBeInstanceOf(ClosedError);
    reader.insert(card);
    // Neither keeps anything alive any more.
    bridge.ref().unref().ref();
  });

  test("closes in the middle of a command: the handler hears of it", async () => {
    const driver = await Driver.listen();
    let began: () => void = () => undefined;
    const running = new Promise<void>((resolve) => (began = resolve));
    let aborted: Promise<void> | undefined;
    const card = new VirtualCard({
      atr,
      handler: (_, { signal }) => {
        aborted = new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            resolve();
          });
        });
        began();
        return new Promise(() => undefined);
      },
    });
    const bridge = await connectVpcd(card, { port: driver.port });
    await driver.connection();
    driver.say(1);
    driver.say(0x00, 0x84, 0x00, 0x00);
    await running;
    await bridge.close();
    await aborted;
  });

  test("brings about a card's faults, and refuses a reader's", async () => {
    const driver = await Driver.listen();
    const bridge = await connectVpcd(echoCard(), { port: driver.port });
    await driver.connection();
    bridge.fault({ kind: "more-data" });
    expect(await driver.ask(0x80, 0x10, 0, 0, 1, 0xaa)).toBe("AA6110");
    bridge.fault({ kind: "truncate", bytes: 1 });
    bridge.clearFaults();
    expect(await driver.ask(0x80, 0x10, 0, 0, 1, 0xaa)).toBe("AA9000");
    for (const kind of ["unplug", "stop-service"] as const) {
      expect(() => {
        bridge.fault({ kind } as unknown as VpcdBridgeFault);
      }).toThrow(ScardArgumentError);
    }
    bridge.fault({ kind: "remove-before" });
    const closed = new Promise<void>((resolve) => bridge.once("close", resolve));
    driver.say(0x80, 0x10, 0, 0);
    await closed;
    expect(bridge.state).toBe("closed");
  });

  test("refuses wrong arguments, and has no public constructor", async () => {
    const card = echoCard();
    const wrongCard = { atr } as unknown as VirtualCard;
    const wrong: [unknown, string][] = [
      [{ port: 0 }, "port"],
      [{ port: 65_536 }, "port"],
      [{ host: "" }, "host"],
      [{ host: "a b" }, "host"],
      [{ longestPauseMs: 1 }, "longestPauseMs"],
      [{ prot: 1 }, "options"],
    ];
    for (const [options, argument] of wrong) {
      const error = await failure(connectVpcd(card, options as { port: number }));
      expect(error).toBeInstanceOf(ScardArgumentError);
      expect(error).toMatchObject({ argument });
    }
    expect(await failure(connectVpcd(wrongCard))).toMatchObject({ argument: "card" });
    expect(() => {
      Reflect.construct(VpcdBridge, []);
    }).toThrow(TypeError);
  });
});
