/** For functions that are not async, to cost one promise only: what they throw is a rejection. */
// eslint-disable-next-line @typescript-eslint/promise-function-async
export function rejected(error: unknown): Promise<never> {
  return new Promise(() => {
    throw error;
  });
}
