// Finds attached readers by what outlasts their names: to be given by reader information.
/** How the readers of a context are found by selectors. */
const resolvers = new WeakMap<
  object,
  (selectors: readonly string[]) => Promise<ReadonlyMap<string, string>>
>();

export function setSelectorResolver(
  calls: object,
  resolver: (selectors: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): void {
  resolvers.set(calls, resolver);
}

/** The attached readers that selectors find, by selector. */
export async function resolveSelectors(
  calls: object,
  selectors: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  return resolvers.get(calls)?.(selectors) ?? new Map<string, string>();
}
