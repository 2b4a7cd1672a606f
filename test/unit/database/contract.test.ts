// The contract of the smart card database over every place where one can live.
import { describe } from "vitest";

import { cardTypes } from "./card-types.contract.js";
import { readersAndGroups } from "./readers.contract.js";
import { memoryWorld, winscardWorld } from "./world.js";

describe.each([memoryWorld, winscardWorld])("the database in $name", (world) => {
  cardTypes(world);
  readersAndGroups(world);
});
