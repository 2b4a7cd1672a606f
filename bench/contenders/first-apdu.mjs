// From nothing to the first answer, as a program of its own: `first-apdu.mjs CONTENDER`; without
// one, what Node itself takes. Says so in a line; who started it has the time.
const [name] = process.argv.slice(2);
if (name !== undefined) {
  const { open } = await import(`./${name}.mjs`);
  const { cards } = await open(1, 258);
  const answer = await cards[0].transmit(Buffer.from("801A00000E", "hex"));
  if (answer.length !== 16) throw new Error(`${answer.length} bytes answered`);
}
process.stdout.write("done\n", () => process.exit(0));
