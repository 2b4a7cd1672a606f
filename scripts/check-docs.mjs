// Checks the examples of README.md and docs/: every ```ts block is a module that must compile
// against the built package; `context`, `reader`, `card` and `tx` need no declaration there.
// With `--run`, runs the ```ts run blocks instead: each must come to its end.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { filesUnder } from "./freshness.mjs";
import { root, run, script } from "./run.mjs";
import { ensure } from "./setup.mjs";

// Inside the clone, so that "scard" is the package's own exports.
const directory = join(root, ".cache/docs");

const prelude = `import type { Card, Context, Reader, Transaction } from "scard";
declare global {
  const context: Context;
  const reader: Reader;
  const card: Card;
  const tx: Transaction;
}
`;

/** @typedef {{ page: string, line: number, code: string, runs: boolean }} Example */

/**
 * @param {string} page
 * @returns {Example[]}
 */
function examplesOf(page) {
  const lines = readFileSync(join(root, page), "utf8").split("\n");
  /** @type {Example[]} */
  const examples = [];
  for (let start = 0; start < lines.length; start += 1) {
    const fence = /^(\s*)```\s*(.*)$/.exec(lines[start] ?? "");
    if (!fence) continue;
    const end = lines.findIndex((line, at) => at > start && /^\s*```\s*$/.test(line));
    if (end < 0) throw new Error(`${page}:${start + 1}: the code block has no end`);
    const marks = fence[2]?.trim() ?? "";
    if (/^(ts|js|typescript|javascript|mjs|tsx)\b/.test(marks)) {
      if (marks !== "ts" && marks !== "ts run") {
        throw new Error(`${page}:${start + 1}: \`${marks}\`; examples are \`ts\` or \`ts run\``);
      }
      const code = lines.slice(start + 1, end).join("\n");
      examples.push({ page, line: start + 1, code, runs: marks === "ts run" });
    }
    start = end;
  }
  return examples;
}

/**
 * Links to files that do not exist.
 * @param {string} page
 */
function brokenLinks(page) {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
    .map(([, target]) => target ?? "")
    .filter((target) => !existsSync(join(root, dirname(page), target)))
    .map((target) => `${page}: no such file: ${target}`);
}

/** @param {Example} example */
const fileName = ({ page, line }) => `${page.replaceAll(/[^\w]+/g, "-")}-${line}.mts`;

/**
 * Writes the examples as modules whose line numbers are those of the page.
 * @param {readonly Example[]} examples
 */
function writeModules(examples) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "prelude.d.mts"), prelude);
  for (const example of examples) {
    const text = `${"\n".repeat(example.line)}${example.code}\nexport {};\n`;
    writeFileSync(join(directory, fileName(example)), text);
  }
}

/**
 * Prints what does not compile; the number of findings.
 * @param {readonly Example[]} examples
 */
function compile(examples) {
  const base = ts.readConfigFile(join(root, "tsconfig.base.json"), (file) => ts.sys.readFile(file));
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...base.config.compilerOptions, module: "node16", noEmit: true, typeRoots: undefined },
    root,
  );
  const files = examples.map((example) => join(directory, fileName(example)));
  const program = ts.createProgram([join(directory, "prelude.d.mts"), ...files], options);
  const diagnostics = ts.getPreEmitDiagnostics(program);
  for (const { file, start = 0, messageText } of diagnostics) {
    const example = examples.find((one) => file?.fileName.endsWith(`/${fileName(one)}`));
    const at = file
      ? `${example?.page ?? file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1}: `
      : "";
    console.log(`${at}${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  }
  return diagnostics.length;
}

/**
 * Runs one example; true when it ended well.
 * @param {Example} example
 */
function runs(example) {
  const { outputText } = ts.transpileModule(example.code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const file = join(directory, fileName(example).replace(/mts$/, "mjs"));
  writeFileSync(file, outputText);
  const { status, output } = run(process.execPath, [file], { quiet: true, check: false });
  if (status !== 0) console.log(`${example.page}:${example.line}: the example failed\n${output}`);
  return status === 0;
}

await script(async () => {
  await ensure("library");
  const pages = ["README.md", ...filesUnder("docs").filter((file) => file.endsWith(".md"))];
  const examples = pages.flatMap(examplesOf);
  const broken = [...pages, "CONTRIBUTING.md", "CHANGELOG.md"].flatMap(brokenLinks);
  for (const line of broken) console.log(line);
  writeModules(examples);
  if (process.argv.includes("--run")) {
    const runnable = examples.filter(({ runs }) => runs);
    const failed = runnable.filter((example) => !runs(example)).length;
    console.log(`docs: ${runnable.length - failed} examples ran, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  }
  if (compile(examples) + broken.length > 0) return 1;
  console.log(`docs: ${examples.length} examples compile`);
  return 0;
});
