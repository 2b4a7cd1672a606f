// The native object behind a VirtualSubsystem, for establishContext() alone: not a field, so that
// no program can come to depend on it.
import type { VirtualSubsystem as NativeSubsystem } from "../../binding.js";
import { ScardArgumentError } from "../errors/argument-error.js";

const handles = new WeakMap<object, NativeSubsystem>();

/** Remembers the native object of a subsystem. */
export function setSubsystemHandle(subsystem: object, native: NativeSubsystem): void {
  handles.set(subsystem, native);
}

/** The native object of what was given as the option `subsystem`. */
export function checkSubsystem(value: unknown): NativeSubsystem {
  const native = typeof value === "object" && value !== null ? handles.get(value) : undefined;
  if (native === undefined) {
    throw new ScardArgumentError("subsystem", value, "what createVirtualSubsystem() returned");
  }
  return native;
}

const subsystems = new WeakMap<object, object>();

/** Gives `context`, which keeps its subsystem, with the readers and cards in it, from now on. */
export function keepingSubsystem<Context extends object>(
  context: Context,
  subsystem: object | undefined,
): Context {
  if (subsystem !== undefined) {
    subsystems.set(context, subsystem);
  }
  return context;
}
