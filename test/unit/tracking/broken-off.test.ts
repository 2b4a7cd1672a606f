// A daemon that dies in the middle of a call: libpcsclite says SCARD_W_SECURITY_VIOLATION then.
import { expect, test } from "vitest";

import { fails, failure, fakeContext } from "../facade/fake-binding.js";

const refusal = fails("SCARD_W_SECURITY_VIOLATION");

test("a list that is broken off is asked for again, of a new context", async () => {
  const { binding, context } = await fakeContext();
  const lists = (): number => binding.log.filter((call) => call.startsWith("SCardList")).length;
  binding.answer("SCardListReaders", refusal);
  expect(await context.listReaders()).toBeInstanceOf(Array);
  expect(lists()).toBe(2);
});

test("a list that is broken off by a daemon that stays away says that there is no service", async () => {
  const { binding, context } = await fakeContext();
  binding.answer("SCardListReaders", refusal);
  binding.answer("SCardEstablishContext", fails("SCARD_E_NO_SERVICE"));
  expect(await failure(context.listReaders())).toMatchObject({ code: "SCARD_E_NO_SERVICE" });
});

test("a wait that is broken off rejects, and the next call gets a new context", async () => {
  const { binding, context } = await fakeContext();
  const contexts = (): number =>
    binding.log.filter((call) => call.startsWith("SCardEstablishContext")).length;
  const before = contexts();
  binding.answer("SCardGetStatusChange", refusal);
  expect(await failure(context.getStatusChange(["Reader"]))).toMatchObject({
    code: "SCARD_W_SECURITY_VIOLATION",
  });
  await context.listReaders();
  expect(contexts()).toBe(before + 1);
});

test("a card that is refused is no sign of the service's end", async () => {
  const { binding, context } = await fakeContext();
  binding.answer("SCardConnect", refusal);
  expect(await failure(context.connect("Reader"))).toMatchObject({
    code: "SCARD_W_SECURITY_VIOLATION",
    call: "SCardConnect",
  });
  expect(await context.isValid()).toBe(true);
});
