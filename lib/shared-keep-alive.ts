import { KeepAlive, type Refable } from "./keep-alive.js";

/** Lets one operation, on which several wait, keep the process alive while one of them wants that. */
export class SharedKeepAlive {
  /** The operation's. */
  readonly keepAlive = new KeepAlive();
  #wanting = 0;

  /**
   * One more waits.
   *
   * @param own What says whether that keeps the process alive. Default: it does.
   * @returns Says that it no longer waits.
   */
  join(own: KeepAlive | undefined): () => void {
    let wanted = false;
    const want = (value: boolean): void => {
      if (value !== wanted) {
        wanted = value;
        this.#wanting += value ? 1 : -1;
        this.keepAlive.want(this.#wanting > 0);
      }
    };
    const share: Refable = {
      ref: () => {
        want(true);
      },
      unref: () => {
        want(false);
      },
    };
    want(true);
    own?.add(share);
    return () => {
      own?.remove(share);
      want(false);
    };
  }
}
