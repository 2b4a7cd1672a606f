/**
 * Base of every error the package rejects with, except wrong arguments
 * ({@link ScardArgumentError}, a `TypeError`) and aborts (the signal's own reason).
 */
export class ScardError extends Error {
  /** What happened, as a word that does not change between versions: branch on this. */
  readonly code: string;

  /**
   * @param code Stable word such as `"SCARD_W_RESET_CARD"` or `"ERR_SCARD_CLOSED"`.
   * @param message One or more English sentences for a person. Never holds card data.
   * @param options `cause`, as for `Error`.
   */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}
