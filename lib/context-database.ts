import { internalsOf } from "./context-internals.js";
import { ContextReaders } from "./context-readers.js";
import { CardDatabase } from "./database/card-database.js";

const databases = new WeakMap<ContextDatabase, CardDatabase>();

/** The part of a Context about the smart card database. */
export abstract class ContextDatabase extends ContextReaders {
  /** Card types, introduced readers and reader groups, as this context sees them. */
  get database(): CardDatabase {
    const known = databases.get(this);
    const database = known ?? new CardDatabase(internalsOf(this));
    if (known === undefined) {
      databases.set(this, database);
    }
    return database;
  }
}
