// A binding in JavaScript with the addon's queueing: operations settle in batches, a card runs one
// job at a time, and an open transaction's lane goes before everything else. What a call answers
// is the test's to say; so is when, with `hold`.
import type {
  NativeCardStatus,
  NativeFailure,
  NativeHandOff,
  NativeStatistics,
  OperationId,
  Wake,
} from "../../../binding.js";
import type { Binding } from "../../../lib/binding.js";
import type { Context } from "../../../lib/context.js";
import { establishWith } from "../../../lib/establish-context.js";
import { Dispatcher } from "../../../lib/dispatcher.js";
import { codeValue, type PcscCode } from "../../../lib/errors/codes.js";

/** An answer: a value, or a failure made by {@link fails}. */
type Answer = (...parameters: readonly unknown[]) => unknown;

class Failure {
  readonly failure: (call: string) => NativeFailure;

  constructor(failure: (call: string) => NativeFailure) {
    this.failure = failure;
  }
}

/** The answer of a call that fails with a PC/SC code. */
export function fails(code: PcscCode): Answer {
  return () => new Failure((call) => ({ call, value: codeValue(code) }));
}

/** The answer of a call that fails for a reason of the package's own. */
export function failsBecause(reason: NonNullable<NativeFailure["reason"]>): Answer {
  return () => new Failure((call) => ({ call, value: 0, reason }));
}

const status: NativeCardStatus = {
  readers: ["Reader"],
  state: 6,
  rawState: 0x34,
  protocol: 2,
  atr: Uint8Array.of(0x3b, 0x00),
};

export const okResponse = Uint8Array.of(0x90, 0x00);

/** Where the answer of a synchronous exchange stands. */
const exchangeAt = 2048 + 256 * 264;

/** What calls answer unless a test says otherwise. */
const usual: Readonly<Record<string, Answer>> = {
  SCardIsValidContext: () => true,
  SCardListReaders: () => ["Reader"],
  SCardListReaderGroups: () => ["SCard$DefaultReaders"],
  SCardGetStatusChange: (readers) =>
    (readers as readonly string[]).map((reader) => ({
      reader,
      eventState: 0x0001_0022,
      atr: Uint8Array.of(0x3b, 0x00),
    })),
  SCardConnect: () => 2,
  SCardReconnect: () => 1,
  SCardTransmit: () => okResponse,
  runScript: (_commands, plan) => {
    const steps = stepsOf(plan as readonly number[]);
    const answers = new Uint8Array(Buffer.concat(Array.from({ length: steps }, () => okResponse)));
    return doneScript(
      answers,
      Array.from({ length: steps }, (_, step) => okResponse.length * (step + 1)),
    );
  },
  SCardControl: () => new Uint8Array(0),
  SCardGetAttrib: () => Uint8Array.of(1, 0, 0, 0),
  SCardStatus: () => status,
};

/** Number of steps of a script's plan. */
function stepsOf(plan: readonly number[]): number {
  let steps = 0;
  for (let place = 1 + (plan[0] ?? 0); place < plan.length; steps += 1) {
    place += 2 + ((plan[place + 1] ?? 0) >>> 8);
  }
  return steps;
}

/** What the addon gives for a script that was done. */
export function doneScript(answers: Uint8Array, ends: readonly number[]): ArrayBuffer {
  const block = new Uint8Array(4 * ends.length + answers.length);
  new Uint32Array(block.buffer, 0, ends.length).set(ends);
  block.set(answers, 4 * ends.length);
  return block.buffer;
}

interface Job {
  readonly id: OperationId;
  readonly call: string;
  readonly parameters: readonly unknown[];
  /** What else happens when it has succeeded; gives the value. */
  readonly then?: (value: unknown) => unknown;
  readonly mustRun?: boolean;
}

export class FakeBinding implements Binding {
  /** Calls that reached PC/SC, in order: `"SCardTransmit 00A4"`. */
  readonly log: string[] = [];
  /** What a script that runs says of its progress. */
  scriptProgress = 0;
  /** Operations that `Environment.cancel` found pending. */
  readonly cancelled: OperationId[] = [];
  /** Operations that `Environment.unref` was called for last. */
  readonly unreferenced = new Set<OperationId>();
  readonly #answers = new Map<string, Answer[]>();
  readonly #held = new Map<string, (() => void)[]>();
  readonly #pending = new Set<OperationId>();
  #ready: unknown[] = [];
  #wake: Wake | undefined;
  /** Cards by number. */
  readonly cards: FakeCard[] = [];
  readonly #exchanges = new Set<OperationId>();
  readonly #scripts: ([Uint8Array, Uint32Array] | undefined)[] = [];
  readonly #request = new ArrayBuffer(32 + 65_544);
  readonly #reply = new ArrayBuffer(exchangeAt + 65_538);
  #lastId = 0;

  readonly Environment = this.#environmentClass();

  controlCode(code: number): number {
    return 0x4200_0000 + code;
  }

  /** The next calls of this function answer these, one each; then the usual again. */
  answer(call: string, ...answers: readonly Answer[]): void {
    this.#answers.set(call, [...(this.#answers.get(call) ?? []), ...answers]);
  }

  /** From now on calls of this function do not end until `release`. */
  hold(call: string): void {
    this.#held.set(call, []);
  }

  /** Ends the calls that are held, in order, and holds no more. */
  release(call: string): void {
    const held = this.#held.get(call) ?? [];
    this.#held.delete(call);
    for (const go of held) go();
  }

  /** Settles when calls of this function are held. */
  async held(call: string): Promise<void> {
    while ((this.#held.get(call) ?? []).length === 0) await tick();
  }

  get pending(): number {
    return this.#pending.size;
  }

  #environmentClass(): Binding["Environment"] {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const binding = this;
    return class {
      constructor(wake: Wake) {
        binding.#wake = wake;
      }

      handOff(): NativeHandOff {
        return {
          request: binding.#request,
          reply: binding.#reply,
          submit: () => binding.#submit(),
          submitFramed: () => binding.#submitFramed(),
          submitScript: () => binding.#submitScript(),
          addScript: (commands, plan) => binding.#scripts.push([commands, plan]) - 1,
          removeScript: (script) => {
            binding.#scripts[script] = undefined;
          },
          exchange: () => binding.#exchange(),
          take: (values) => binding.#take(values),
          cancel: (token) => {
            this.cancel(token);
          },
          stopScript: (token) => {
            binding.log.push(`stopScript ${String(token)}`);
          },
          scriptProgress: () => binding.scriptProgress,
        };
      }

      establishContext(scope: number, library: string | undefined): OperationId {
        return binding.runAlone(
          "SCardEstablishContext",
          [scope, library],
          () => new FakeContext(binding),
        );
      }
      lockFile(path: string): OperationId {
        return binding.runAlone("lockFile", [path]);
      }

      serviceStarted(library: string | undefined): OperationId {
        return binding.runAlone("SCardAccessStartedEvent", [library]);
      }

      cancel(id: OperationId): boolean {
        if (!binding.#pending.has(id)) return false;
        binding.cancelled.push(id);
        binding.deliver(
          id,
          { call: "cancelled", value: codeValue("SCARD_E_CANCELLED") },
          undefined,
        );
        return true;
      }

      ref(id: OperationId): void {
        binding.unreferenced.delete(id);
      }

      unref(id: OperationId): void {
        binding.unreferenced.add(id);
      }

      statistics(): NativeStatistics {
        const pendingOperations = binding.pending;
        return { contexts: 0, cards: 0, waits: 0, threads: 0, pendingOperations };
      }
    };
  }

  newId(): OperationId {
    this.#lastId += 1;
    this.#pending.add(this.#lastId);
    return this.#lastId;
  }

  settled(id: OperationId): boolean {
    return !this.#pending.has(id);
  }

  /** Settles an operation once; the callback hears of it in a batch, later. */
  deliver(id: OperationId, failure: NativeFailure | null, value: unknown): boolean {
    if (!this.#pending.delete(id)) return false;
    if (this.#ready.length === 0) {
      setImmediate(() => {
        this.#wake?.();
      });
    }
    this.#ready.push(id, failure, value);
    return true;
  }

  #requested(): {
    card: FakeCard;
    lane: number;
    protocol: number;
    command: Uint8Array;
    framing: readonly number[];
  } {
    const [number = 0, lane = 0, protocol = 0, length = 0, ...framing] = new Int32Array(
      this.#request,
      0,
      7,
    );
    const card = this.cards[number] as FakeCard;
    const command = new Uint8Array(this.#request, 32, length).slice();
    return { card, lane, protocol, command, framing };
  }

  #submitFramed(): number {
    const { card, lane, command, framing } = this.#requested();
    return this.#exchanging(card.send(lane, command, ...framing));
  }

  #submitScript(): number {
    const { card, lane, framing } = this.#requested();
    const [commands, plan] = this.#scripts[new Int32Array(this.#request)[7] ?? 0] ?? [];
    if (commands === undefined || plan === undefined) throw new TypeError("no such script");
    return this.#exchanging(card.runScript(lane, commands, plan, ...framing));
  }

  #exchanging(id: OperationId): number {
    this.#exchanges.add(id);
    return id * 2;
  }

  #submit(): number {
    const { card, lane, command, protocol } = this.#requested();
    return this.#exchanging(card.transmit(lane, command, protocol));
  }

  #exchange(): number | NativeFailure {
    const { card, lane, command, protocol } = this.#requested();
    const refusal = card.refusal(lane);
    const call = "SCardTransmit";
    if (refusal !== undefined) return { call, value: 0, reason: refusal };
    this.log.push([call, command, ...(protocol === 0 ? [] : [protocol])].map(show).join(" "));
    const value = (this.#answers.get(call)?.shift() ?? usual[call])?.(command);
    if (value instanceof Failure) return value.failure(call);
    new Uint8Array(this.#reply, exchangeAt).set(value as Uint8Array);
    return (value as Uint8Array).length;
  }

  /** As the addon does. */
  #take(values: unknown[]): number {
    const pairs = new Int32Array(this.#reply, 0, 512);
    const bytes = new Uint8Array(this.#reply, 2048);
    const batch = this.#ready.splice(0, 3 * 256);
    let at = 0;
    for (let index = 0; index < batch.length / 3; index += 1) {
      const [id, failed, value] = batch.slice(index * 3, index * 3 + 3);
      const isExchange = this.#exchanges.delete(id as OperationId);
      pairs[index * 2] = isExchange ? (id as OperationId) : -1;
      if (!isExchange) {
        pairs[index * 2 + 1] = 0;
        values.push(id, failed, value);
      } else if (failed !== null || !(value instanceof Uint8Array) || value.length > 264) {
        pairs[index * 2 + 1] = failed === null ? -2 : -1;
        values.push(failed ?? value);
      } else {
        pairs[index * 2 + 1] = value.length;
        bytes.set(value, at);
        at += value.length;
      }
    }
    return (batch.length / 3) * 2 + (this.#ready.length > 0 ? 1 : 0);
  }

  /** Makes the PC/SC call of a job, now or when released, and settles its operation. */
  perform(job: Job, done: (delivered: boolean, failed: boolean) => void): void {
    const { id, call, parameters } = job;
    this.log.push([call, ...parameters.filter((one) => one !== undefined).map(show)].join(" "));
    const finish = (): void => {
      const answer = this.#answers.get(call)?.shift() ?? usual[call];
      const value = answer?.(...parameters);
      if (value instanceof Failure) {
        done(this.deliver(id, value.failure(call), undefined), true);
      } else {
        done(this.deliver(id, null, job.then === undefined ? value : job.then(value)), false);
      }
    };
    const held = this.#held.get(call);
    if (held === undefined) finish();
    else held.push(finish);
  }

  /** An operation outside of every queue. */
  runAlone(call: string, parameters: unknown[], then?: (value: unknown) => unknown): OperationId {
    const id = this.newId();
    this.perform({ id, call, parameters, ...(then && { then }) }, () => undefined);
    return id;
  }

  refuse(id: OperationId, call: string, reason: NonNullable<NativeFailure["reason"]>): void {
    this.deliver(id, { call, value: 0, reason }, undefined);
  }
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex").toUpperCase();
  return typeof value === "string" ? value : JSON.stringify(value);
}

class FakeContext {
  readonly #binding: FakeBinding;
  readonly #cards: FakeCard[] = [];
  readonly #waits = new Set<OperationId>();
  #closed = false;

  constructor(binding: FakeBinding) {
    this.#binding = binding;
  }

  isValid = (): OperationId => this.#run("SCardIsValidContext", []);
  listReaders = (groups: readonly string[] | undefined): OperationId =>
    this.#run("SCardListReaders", [groups]);
  listReaderGroups = (): OperationId => this.#run("SCardListReaderGroups", []);

  getStatusChange(readers: readonly string[], states: readonly number[], timeout: number): number {
    const id = this.#run("SCardGetStatusChange", [readers, states, timeout]);
    this.#waits.add(id);
    return id;
  }

  cancel(): void {
    for (const id of this.#waits) {
      const failure = { call: "SCardGetStatusChange", value: codeValue("SCARD_E_CANCELLED") };
      this.#binding.deliver(id, failure, undefined);
    }
  }

  /** The winscard calls: a parameter each, the answer what the test says. */
  introduceCardType = (...given: unknown[]): OperationId =>
    this.#run("SCardIntroduceCardType", given);
  forgetCardType = (name: string): OperationId => this.#run("SCardForgetCardType", [name]);
  listCards = (...given: unknown[]): OperationId => this.#run("SCardListCards", given);
  listInterfaces = (name: string): OperationId => this.#run("SCardListInterfaces", [name]);
  getProviderId = (name: string): OperationId => this.#run("SCardGetProviderId", [name]);
  getCardTypeProviderName = (...given: unknown[]): OperationId =>
    this.#run("SCardGetCardTypeProviderName", given);
  setCardTypeProviderName = (...given: unknown[]): OperationId =>
    this.#run("SCardSetCardTypeProviderName", given);
  introduceReader = (...given: string[]): OperationId => this.#run("SCardIntroduceReader", given);
  forgetReader = (name: string): OperationId => this.#run("SCardForgetReader", [name]);
  introduceReaderGroup = (name: string): OperationId =>
    this.#run("SCardIntroduceReaderGroup", [name]);
  forgetReaderGroup = (name: string): OperationId => this.#run("SCardForgetReaderGroup", [name]);
  addReaderToGroup = (...given: string[]): OperationId => this.#run("SCardAddReaderToGroup", given);
  removeReaderFromGroup = (...given: string[]): OperationId =>
    this.#run("SCardRemoveReaderFromGroup", given);
  locateCards = (...given: unknown[]): OperationId => this.#run("SCardLocateCards", given);
  locateCardsByAtr = (...given: unknown[]): OperationId =>
    this.#run("SCardLocateCardsByATR", given);
  getDeviceTypeId = (reader: string): OperationId => this.#run("SCardGetDeviceTypeId", [reader]);
  getReaderIcon = (reader: string): OperationId => this.#run("SCardGetReaderIcon", [reader]);
  getReaderDeviceInstanceId = (reader: string): OperationId =>
    this.#run("SCardGetReaderDeviceInstanceId", [reader]);
  listReadersWithDeviceInstanceId = (id: string): OperationId =>
    this.#run("SCardListReadersWithDeviceInstanceId", [id]);
  readCache = (...given: unknown[]): OperationId => this.#run("SCardReadCache", given);
  writeCache = (...given: unknown[]): OperationId => this.#run("SCardWriteCache", given);
  audit = (event: number): OperationId => this.#run("SCardAudit", [event]);

  connect(reader: string, shareMode: number, protocols: number, disposition: number): OperationId {
    return this.#run("SCardConnect", [reader, shareMode, protocols, disposition], (protocol) => {
      const card = new FakeCard(this.#binding);
      this.#cards.push(card);
      return { card, number: this.#binding.cards.push(card) - 1, protocol };
    });
  }

  close(): OperationId {
    const id = this.#run("SCardReleaseContext", []);
    this.#closed = true;
    for (const card of this.#cards) card.abandon();
    for (const wait of this.#waits) this.#binding.refuse(wait, "SCardGetStatusChange", "closed");
    return id;
  }

  #run(call: string, parameters: unknown[], then?: (value: unknown) => unknown): OperationId {
    if (!this.#closed) return this.#binding.runAlone(call, parameters, then);
    const id = this.#binding.newId();
    this.#binding.refuse(id, call, "closed");
    return id;
  }
}

class FakeCard {
  readonly #binding: FakeBinding;
  #outside: Job[] = [];
  #inside: Job[] = [];
  #open = 0;
  #lastLane = 0;
  #ending = false;
  #busy = false;
  #closed = false;

  constructor(binding: FakeBinding) {
    this.#binding = binding;
  }

  transmit = (lane: number, command: Uint8Array, protocol: number): OperationId =>
    // The addon copies too.
    this.#push(lane, "SCardTransmit", [command.slice(), protocol || undefined]);
  send = (lane: number, command: Uint8Array, ...framing: readonly number[]): OperationId =>
    this.#push(lane, "SCardTransmit", [command.slice(), ...framing]);
  /** Answers of a script come from its own call name; the usual is all 9000. */
  runScript = (
    lane: number,
    commands: Uint8Array,
    plan: Uint32Array,
    ...framing: readonly number[]
  ): OperationId => this.#push(lane, "runScript", [commands.slice(), [...plan], ...framing]);
  control = (lane: number, code: number, input: Uint8Array): OperationId =>
    this.#push(lane, "SCardControl", [code, input]);
  getAttrib = (lane: number, id: number): OperationId => this.#push(lane, "SCardGetAttrib", [id]);
  setAttrib = (lane: number, id: number, value: Uint8Array): OperationId =>
    this.#push(lane, "SCardSetAttrib", [id, value]);
  getTransmitCount = (lane: number): OperationId => this.#push(lane, "SCardGetTransmitCount", []);
  status = (lane: number): OperationId => this.#push(lane, "SCardStatus", []);
  reconnect = (lane: number, mode: number, protocols: number, first: number): OperationId =>
    this.#push(lane, "SCardReconnect", [mode, protocols, first]);

  beginTransaction(disposition: number): OperationId {
    const id = this.#binding.newId();
    const then = (): number => {
      this.#lastLane += 1;
      // Given up while it waited for the lock: the lock is given back at once.
      if (!this.#binding.settled(id)) this.#open = this.#lastLane;
      else this.#binding.log.push("SCardEndTransaction 0");
      return this.#lastLane;
    };
    this.#outside.push({ id, call: "SCardBeginTransaction", parameters: [disposition], then });
    return this.#queued(id, "SCardBeginTransaction");
  }

  endTransaction(lane: number, disposition: number): OperationId {
    const id = this.#binding.newId();
    const call = "SCardEndTransaction";
    if (this.#closed || lane !== this.#open || this.#ending) {
      this.#binding.refuse(id, call, this.#closed ? "closed" : "transaction-ended");
      return id;
    }
    this.#ending = true;
    for (const job of this.#inside) this.#binding.refuse(job.id, job.call, "transaction-ended");
    this.#inside = [{ id, call, parameters: [disposition], mustRun: true }];
    this.#pump();
    return id;
  }

  disconnect(disposition: number): OperationId {
    const id = this.#binding.newId();
    const job = { id, call: "SCardDisconnect", parameters: [disposition], mustRun: true };
    this.#outside.push(job);
    return this.#queued(id, "SCardDisconnect");
  }

  abandon(): void {
    this.#closed = true;
    for (const { id, call } of [...this.#inside, ...this.#outside]) {
      this.#binding.refuse(id, call, "closed");
    }
    this.#inside = [];
    this.#outside = [];
  }

  /** Why a synchronous exchange is refused now. */
  refusal(lane: number): NativeFailure["reason"] {
    if (this.#closed) return "closed";
    if (lane !== 0 && (lane !== this.#open || this.#ending)) return "transaction-ended";
    const waiting = this.#outside.length + this.#inside.length > 0;
    return this.#busy || waiting || lane !== this.#open ? "busy" : undefined;
  }

  #push(lane: number, call: string, parameters: unknown[]): OperationId {
    const id = this.#binding.newId();
    if (lane !== 0 && (lane !== this.#open || this.#ending)) {
      this.#binding.refuse(id, call, this.#closed ? "closed" : "transaction-ended");
      return id;
    }
    (lane === 0 ? this.#outside : this.#inside).push({ id, call, parameters });
    return this.#queued(id, call);
  }

  #queued(id: OperationId, call: string): OperationId {
    if (this.#closed) {
      this.#outside = [];
      this.#binding.refuse(id, call, "closed");
    } else {
      this.#pump();
    }
    return id;
  }

  #pump(): void {
    const queue = this.#open === 0 ? this.#outside : this.#inside;
    if (this.#busy || this.#closed || queue.length === 0) return;
    const job = queue.shift() as Job;
    if (this.#binding.settled(job.id) && job.mustRun !== true) {
      this.#pump();
      return;
    }
    this.#busy = true;
    this.#binding.perform(job, () => {
      this.#busy = false;
      if (job.call === "SCardEndTransaction") this.#open = 0;
      if (job.call === "SCardEndTransaction") this.#ending = false;
      if (job.call === "SCardDisconnect") this.abandon();
      this.#pump();
    });
  }
}

/** Lets everything that is ready settle, and what it leads to at once. */
export async function tick(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A context over a fake binding. */
export async function fakeContext(
  binding = new FakeBinding(),
): Promise<{ binding: FakeBinding; context: Context }> {
  const dispatcher = new Dispatcher(binding);
  const context = await establishWith(() => dispatcher, { database: "memory" });
  return { binding, context };
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("expected a rejection");
    },
    (error: unknown) => error,
  );
}
