import type { World } from "./follow-readers.js";
import type { CliIo } from "./io.js";
import { LiveScreen } from "./live-screen.js";
import { printable } from "./printable.js";
import type { Style } from "./style.js";
import type { WatchEvent } from "./watch-events.js";
import { pictureLines, type WatchSize } from "./watch-picture.js";

/** Events kept on the screen. */
const shownEvents = 8;

/** The live table of `scard watch`: readers, cards and the latest events. */
export class WatchScreen {
  readonly #io: CliIo;
  readonly #style: Style;
  readonly #screen: LiveScreen;
  readonly #stopResize: () => void;
  #events: string[] = [];
  #world: World = { service: true, states: [], names: new Map() };

  constructor(io: CliIo, style: Style) {
    this.#io = io;
    this.#style = style;
    this.#screen = new LiveScreen(io, style.symbols.ellipsis);
    this.#stopResize = io.onResize(() => {
      this.#paint();
    });
  }

  /** Shows a new state of the world and the events that led to it. */
  show(world: World, events: readonly WatchEvent[]): void {
    const fresh = events.filter(({ initial }) => !initial).map((event) => this.#eventLine(event));
    this.#events = [...this.#events, ...fresh].slice(-shownEvents);
    this.#world = world;
    this.#paint();
  }

  /** Gives the terminal back; the last picture stays. */
  end(): void {
    this.#stopResize();
    const { columns } = this.#screen.size;
    this.#screen.end(this.#lines({ columns, rows: Number.POSITIVE_INFINITY }));
  }

  #paint(): void {
    this.#screen.paint(this.#lines(this.#screen.size));
  }

  #lines(size: WatchSize): string[] {
    return pictureLines(this.#style, { world: this.#world, events: this.#events }, size);
  }

  #eventLine({ event, state, error }: WatchEvent): string {
    const time = this.#io.now().toTimeString().slice(0, 8);
    const about = state === undefined ? (error?.code ?? "") : printable(state.reader);
    return `${this.#style.dim(time)}  ${event.replaceAll("-", " ").padEnd(16)}  ${about}`.trimEnd();
  }
}
