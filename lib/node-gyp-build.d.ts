// The package has no types of its own.
declare module "node-gyp-build" {
  /** Loads the addon of the package in `directory`, and throws when there is none that fits. */
  export default function load(directory: string): unknown;
}
