// What the contract suite imports from "vitest", made of vitest's own parts, for programs in which
// vitest itself does not run: another processor's Node, Windows' under Wine, Bun, Deno.
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  chai,
  getState,
  setState,
} from "@vitest/expect";
import { setTimeout } from "node:timers/promises";

// An emulated processor is slow.
const pollInterval = 50;
const pollRounds = 200;

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

/** As vitest's, without what needs its own process. */
export const expect = /** @type {any} */ (
  (/** @type {unknown} */ value, /** @type {string | undefined} */ message) =>
    chai.expect(value, message)
);
Object.assign(expect, chai.expect);
Object.assign(expect, Reflect.get(globalThis, ASYMMETRIC_MATCHERS_OBJECT));
expect.getState = () => getState(expect);
expect.setState = (/** @type {object} */ state) => {
  setState(state, expect);
};
/** As vitest's: an assertion that is asked again until it holds or ten seconds have passed. */
expect.poll = (/** @type {() => unknown} */ value) =>
  new Proxy(
    {},
    {
      get:
        (_target, /** @type {string} */ assertion) =>
        async (/** @type {unknown[]} */ ...given) => {
          for (let round = 0; ; round++) {
            try {
              return expect(await value())[assertion](...given);
            } catch (error) {
              if (round === pollRounds) throw error;
            }
            await setTimeout(pollInterval);
          }
        },
    },
  );
Reflect.set(globalThis, GLOBAL_EXPECT, expect);
setState(
  { assertionCalls: 0, isExpectingAssertions: false, isExpectingAssertionsError: null },
  expect,
);

export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFinished,
  test,
} from "@vitest/runner";
