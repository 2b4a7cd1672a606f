export { CardDatabase } from "./card-database.js";
export type { ListCardTypesOptions } from "./card-database.js";
export type { CardType, CardTypeOptions, IntroduceCardTypeOptions } from "./card-type.js";
export type { ProviderKind } from "./provider-kind.js";
export type { DatabaseOption } from "./source.js";
