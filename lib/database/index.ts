export { CardDatabase } from "./card-database.js";
export type { ImportOptions, ListCardTypesOptions } from "./card-database.js";
export type { CardType, CardTypeOptions, IntroduceCardTypeOptions } from "./card-type.js";
export type { DatabasePaths } from "./paths.js";
export type { ProviderKind } from "./provider-kind.js";
export { DatabaseAccessError } from "./access-error.js";
export { DatabaseFileError } from "./file-error.js";
export type { DatabaseFiles, DatabaseOption } from "./source.js";
