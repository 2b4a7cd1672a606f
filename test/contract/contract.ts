// The contract: what every world of readers, real or virtual, must do in the same way.
import { attributes } from "./attributes.contract.js";
import { closing } from "./closing.contract.js";
import { connecting } from "./connect.contract.js";
import { databases } from "./database.contract.js";
import { faults } from "./faults.contract.js";
import { framing } from "./framing.contract.js";
import { readers } from "./readers.contract.js";
import { recordings } from "./recording.contract.js";
import { scripts } from "./scripts.contract.js";
import { service } from "./service.contract.js";
import { tracking } from "./tracking.contract.js";
import { transactions } from "./transaction.contract.js";
import { transmitting } from "./transmit.contract.js";
import type { WorldSource } from "./world.js";

/** Defines the same tests over any world; call it at the top of a test file. */
export function defineContract(world: WorldSource): void {
  readers(world);
  tracking(world);
  connecting(world);
  transmitting(world);
  framing(world);
  scripts(world);
  recordings(world);
  transactions(world);
  faults(world);
  attributes(world);
  databases(world);
  closing(world);
  service(world);
}
