// A program to be bundled: asks the virtual subsystem, so that it runs anywhere.
import { establishContext } from "scard";
import { VirtualCard, createVirtualSubsystem } from "scard/virtual";

const subsystem = createVirtualSubsystem();
const reader = subsystem.addReader("Virtual Reader 0");
reader.insert(new VirtualCard({ atr: "3B80800101", handler: () => 0x9000 }));

const run = async () => {
  const context = await establishContext({ subsystem });
  const card = await context.connect("Virtual Reader 0");
  const answer = await card.transmit(Uint8Array.of(0x00, 0xa4, 0x04, 0x00, 0x00));
  console.log(`bundled: ${Buffer.from(answer).toString("hex")}`);
  await context.close();
};
void run();
