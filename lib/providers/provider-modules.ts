// Providers that the database names by module. The database is data that others can write: nothing is
// loaded that the program does not allow by name.
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";

import { checkFunction } from "../arguments.js";
import { ScardArgumentError } from "../errors/argument-error.js";
import type { Guid } from "../guid.js";
import { ProviderError, type ProviderErrorFields } from "./provider-error.js";
import { type CheckedProvider, checkProvider } from "./service-provider.js";

/** Which modules that the database names may be loaded: their names, or who decides. */
export type AllowProviderModules = readonly string[] | ((specifier: string) => boolean);

/** Loads a module; `(specifier) => import(specifier)` in the program resolves as the program does. */
export type ImportModule = (specifier: string) => Promise<unknown>;

/** What the program lets happen. */
export interface ModuleRules {
  readonly allows: (specifier: string) => boolean;
  readonly load: ImportModule;
}

export function checkModuleRules(allow: unknown, load: unknown): ModuleRules {
  return {
    allows: checkAllow(allow),
    load: load === undefined ? importModule : checkFunction("importModule", load as ImportModule),
  };
}

function checkAllow(allow: unknown): (specifier: string) => boolean {
  if (allow === undefined) {
    return () => false;
  }
  if (typeof allow === "function") {
    const decide = allow as (specifier: string) => unknown;
    // Nothing but true: a promise, say, is no permission.
    return (specifier) => decide(specifier) === true;
  }
  if (!Array.isArray(allow) || allow.some((name) => typeof name !== "string")) {
    throw new ScardArgumentError(
      "allowProviderModules",
      allow,
      "an array of module names, or a function that decides",
    );
  }
  const names = new Set(allow as readonly string[]);
  return (specifier) => names.has(specifier);
}

async function importModule(specifier: string): Promise<unknown> {
  return import(isAbsolute(specifier) ? pathToFileURL(specifier).href : specifier);
}

/**
 * The provider with this GUID from a module's exports: `serviceProvider`, `default`, or one of
 * `serviceProviders`.
 *
 * @throws {ProviderError} when it is not allowed, cannot be loaded, or has no such provider.
 */
export async function providerFromModule(
  specifier: string,
  id: Guid,
  rules: ModuleRules,
  fields: ProviderErrorFields,
): Promise<CheckedProvider> {
  const known = { ...fields, provider: id, module: specifier };
  const shown = JSON.stringify(specifier);
  if (!rules.allows(specifier)) {
    throw new ProviderError(
      "ERR_SCARD_PROVIDER_MODULE_NOT_ALLOWED",
      `The card's provider ${id} is not registered. The database names the module ${shown} for it, ` +
        "which this program does not allow: register the provider, or name the module in " +
        "allowProviderModules if you trust whoever can write the database.",
      known,
    );
  }
  if (/^\.{1,2}([\\/]|$)/.test(specifier)) {
    throw new ProviderError(
      "ERR_SCARD_PROVIDER_MODULE",
      `The database names the provider module ${shown}, which is relative: to what, nobody knows. ` +
        "It must be a package, an absolute path or a file: URL.",
      known,
    );
  }
  try {
    return pick(await rules.load(specifier), id);
  } catch (error) {
    throw new ProviderError(
      "ERR_SCARD_PROVIDER_MODULE",
      `The provider module ${shown} gives no provider ${id}: ` +
        (error instanceof Error ? error.message : String(error)),
      known,
      { cause: error },
    );
  }
}

function pick(module: unknown, id: Guid): CheckedProvider {
  const { serviceProvider, serviceProviders, ...rest } = (module ?? {}) as {
    readonly serviceProvider?: unknown;
    readonly serviceProviders?: unknown;
    readonly default?: unknown;
  };
  const list: readonly unknown[] = Array.isArray(serviceProviders) ? serviceProviders : [];
  const candidates = [serviceProvider, ...list, rest.default].filter(
    (candidate) => typeof candidate === "object" && candidate !== null && "open" in candidate,
  );
  const checked = candidates.map((candidate) => checkProvider("serviceProvider", candidate));
  const found = checked.find((candidate) => candidate.id === id);
  if (found === undefined) {
    throw new Error("it exports no such serviceProvider");
  }
  return found;
}
