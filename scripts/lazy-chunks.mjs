// Parts of the library that most programs never use, as files of their own that are read when the
// first thing of them is used: V8 reads every line of a file that it loads, which takes longer than
// everything else that importing the package does.

/** What becomes a file of its own: `dist/NAME.js`, by paths below lib/. */
const parts = {
  // What the ES modules take at once: classes of errors, and what has a state.
  base: /^(?!errors\/(codes\.gen|addon-error)\.ts$)(errors\/|.*-error\.ts$|virtual\/errors\.ts$|audit-events\.ts$)/,
  establish: /^establish-context\.ts$/,
  codes: /^errors\/codes\.gen\.ts$/,
  database: /^database\/(?!(card-database|index|names|provider-kind)\.ts$)/,
  tracking: /^tracking\/(?!(tracker|index|events)\.ts$)/,
  select: /^select\/(?!(selection|options)\.ts$)|^cli\/(printable|style)\.ts$/,
  features: /^(features|attributes)\/|^(attributes|reader-features)\.ts$/,
  locate: /^(locate|reader-info)\/|^(known-cards|wait-for-card|wait-for-removal)\.ts$/,
  providers: /^providers\/|^(card-command|byte-buffer)\.ts$/,
  iso7816:
    /^iso7816\/(?!(command-apdu|response-apdu|status-pattern|apdu-error)\.ts$)|^read-binary-stream\.ts$/,
};

/** @param {string} id a module's path */
const below = (id) => /[\\/]lib[\\/](.*)$/.exec(id)?.[1]?.replaceAll("\\", "/") ?? "";

/** The groups of rolldown's `codeSplitting`. */
export const lazyGroups = Object.entries(parts).map(([name, pattern]) => ({
  name,
  priority: 2,
  test: (/** @type {string} */ id) => pattern.test(below(id)),
}));

export const lazyNames = Object.keys(parts);

/** What the bundler's own code of a few lines is called. */
export const runtime = "rolldown-runtime";

/** Needed when the addon is loaded. */
const addonFinder = new RegExp(
  /let node_gyp_build = require\("node-gyp-build"\);\n/.source +
    /node_gyp_build = [\w.]+__toESM\(node_gyp_build\);\n/.source,
);

const helper = `function lazily(load, names) {
  let loaded;
  const module = {};
  for (const name of names) {
    Object.defineProperty(module, name, { enumerable: true, get: () => (loaded ??= load())[name] });
  }
  return module;
}
`;

/**
 * The code of a chunk, with each `require` of a part put off until something of it is used. The
 * bundler names what is imported at each use (`require_select.selectCard(...)`), so an object with
 * getters can stand for the module; what a class extends at the top level is loaded at once.
 * @param {{ fileName: string, code: string }} chunk
 * @param {ReadonlyMap<string, readonly string[]>} exportsOf what each file exports
 */
export function putOff({ fileName, code }, exportsOf) {
  let any = false;
  const required = /^(?:const (require_\w+) = )?require\("((?:\.{1,2}\/)+([\w-]+)\.js)"\);$/gm;
  const later = code.replace(required, (all, variable, path, name) => {
    if (![...lazyNames, runtime, "library"].includes(name)) return all;
    if (variable === undefined) return "";
    any = true;
    const used = new Set(
      [...code.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, "g"))].map(([, one]) => one),
    );
    const names = JSON.stringify(
      (exportsOf.get(`${name}.js`) ?? []).filter((one) => used.has(one)),
    );
    return `const ${variable} = lazily(() => require("${path}"), ${names});`;
  });
  const found = later.replace(
    addonFinder,
    'const node_gyp_build = { get default() { return require("node-gyp-build"); } };\n',
  );
  // An entry passes on what it has when it is asked for it; in the form that Node finds the names of
  // when an ES module imports it.
  const entry = /^exports\.(\w+) = ((?:require_\w+)\.\w+);$/gm;
  const passedOn =
    fileName === "index.js"
      ? found.replace(
          entry,
          'Object.defineProperty(exports, "$1", { enumerable: true, get: function () { return $2; } });',
        )
      : found;
  // Behind the line that names the interpreter of a command.
  return any ? passedOn.replace(/^(#!.*\n)?/, (line) => `${line}${helper}`) : passedOn;
}
