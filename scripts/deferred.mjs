// What the ES modules of dist/ hold instead of values whose code is not read yet. Each function is
// put into those modules as it is, so that it must be whole by itself.

/**
 * Stands for a class of which the code is read when something of it is used: what it makes are
 * instances of the class, `instanceof` and `extends` work with either.
 * @param {string} name
 * @param {() => new (...args: never[]) => object} load
 */
export function deferredClass(name, load) {
  // No class: its `prototype` could not be another's.
  const standIn = Object.defineProperty(function () {}, "name", { value: name });
  /** @type {(new (...args: never[]) => object) | undefined} */
  let loaded;
  const real = () => {
    if (loaded === undefined) {
      loaded = load();
      const value = loaded.prototype;
      Object.defineProperty(standIn, "prototype", { value, writable: false });
    }
    return loaded;
  };
  /** @type {object} */
  const proxy = new Proxy(standIn, {
    construct: (_, args, target) =>
      Reflect.construct(real(), args, target === proxy ? real() : target),
    // Refused in the words that every class has.
    apply: (_, self, args) => Reflect.apply(real(), self, args),
    get: (_, key) => Reflect.get(real(), key),
    set: (_, key, value) => Reflect.set(real(), key, value),
    has: (_, key) => Reflect.has(real(), key),
    ownKeys: () => Reflect.ownKeys(real()),
    getPrototypeOf: () => Reflect.getPrototypeOf(real()),
    getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(real(), key),
    defineProperty: (_, key, descriptor) => Reflect.defineProperty(real(), key, descriptor),
    deleteProperty: (_, key) => Reflect.deleteProperty(real(), key),
  });
  return proxy;
}

/**
 * Stands for a frozen object of functions.
 * @param {readonly string[]} names
 * @param {() => Readonly<Record<string, Function>>} load
 */
export function deferredFunctions(names, load) {
  /** @param {string} name */
  const standIn =
    (name) =>
    (/** @type {unknown[]} */ ...args) =>
      load()[name]?.(...args);
  return Object.freeze(Object.fromEntries(names.map((name) => [name, standIn(name)])));
}
