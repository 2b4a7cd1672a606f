import { cp, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InstalledPackage, root } from "./installed.js";

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await InstalledPackage.create();
  const types = join(installed.project, "node_modules", "@types", "node");
  await mkdir(types, { recursive: true });
  await cp(join(root, "node_modules", "@types", "node"), types, { recursive: true });
  await cp(
    join(root, "node_modules", "undici-types"),
    join(installed.project, "node_modules", "undici-types"),
    { recursive: true },
  );
}, 120_000);

afterAll(async () => {
  await installed.remove();
});

const consumer = `
import { establishContext, PcscError, type Card, type Context, type ReaderState } from "scard";
import { createVirtualSubsystem, type VirtualSubsystem } from "scard/virtual";

export async function useVirtual(): Promise<void> {
  const subsystem: VirtualSubsystem = createVirtualSubsystem();
  const context: Context = await establishContext({ subsystem });
  await context.close();
}

export async function use(signal: AbortSignal): Promise<number> {
  const context: Context = await establishContext({ signal });
  const state: ReaderState = await context.waitForCard({ timeoutMs: 1000 });
  const card: Card = await context.connect(state.reader, { shareMode: "shared" });
  const answer: Uint8Array = await card.transmit(Uint8Array.of(0, 0xa4, 4, 0, 0));
  const length: number = await card.transaction(async (tx) => (await tx.status()).atr.length);
  await card.disconnect("reset");
  await context.close();
  return answer.length + length;
}

export function isReset(error: unknown): boolean {
  return error instanceof PcscError && error.code === "SCARD_W_RESET_CARD";
}
`;

const mistakes: Readonly<Record<string, string>> = {
  "a share mode that there is not": `await context.connect("r", { shareMode: "alone" });`,
  "a misspelt option": `await context.connect("r", { sharemode: "shared" });`,
  "a number for a reader": `await context.connect(1);`,
  "an answer used as a string": `const a: string = await card.transmit(Uint8Array.of(0));`,
};

/** What the compiler says about one file of the project and every declaration of the package. */
function compile(file: string, options: ts.CompilerOptions): string[] {
  const program = ts.createProgram([file], {
    target: ts.ScriptTarget.ES2022,
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ["node"],
    typeRoots: [join(installed.project, "node_modules", "@types")],
    ...options,
  });
  const ours = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName === file || /node_modules\/scard\//.test(fileName));
  expect(ours.map(({ fileName }) => basename(fileName))).toContain("binding.d.ts");
  return [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...ours.flatMap((source) => program.getSyntacticDiagnostics(source)),
    ...ours.flatMap((source) => program.getSemanticDiagnostics(source)),
  ].map(
    ({ file: at, messageText }) =>
      `${at?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
  );
}

const { Node16, NodeNext, ESNext, Preserve } = ts.ModuleKind;
const { Bundler } = ts.ModuleResolutionKind;

describe("the types, with every declaration checked", () => {
  it.each<[string, string, ts.CompilerOptions]>([
    ["a module under node16", "use.mts", { module: Node16 }],
    ["a script under node16", "use.cts", { module: Node16 }],
    ["a module under nodenext", "use.mts", { module: NodeNext }],
    ["a script under nodenext", "use.cts", { module: NodeNext }],
    ["a bundler", "use.ts", { module: ESNext, moduleResolution: Bundler }],
    ["a bundler that keeps modules", "use.ts", { module: Preserve }],
    [
      "a bundler for the browser's types too",
      "use.ts",
      { module: Preserve, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"] },
    ],
    [
      "the strictest settings",
      "use.mts",
      {
        module: NodeNext,
        verbatimModuleSyntax: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noPropertyAccessFromIndexSignature: true,
        isolatedModules: true,
      },
    ],
    ["loose settings", "use.mts", { module: NodeNext, strict: false }],
    ["the newest target", "use.mts", { module: NodeNext, target: ts.ScriptTarget.ESNext }],
  ])("compile for %s", async (_name, file, options) => {
    expect(compile(await installed.write(file, consumer), options)).toEqual([]);
  });

  it("refuse mistakes, each with one finding", async () => {
    const file = await installed.write(
      "mistakes.mts",
      `import type { Card, Context } from "scard";
       declare const context: Context;
       declare const card: Card;
       ${Object.values(mistakes)
         .map((statement) => `{ ${statement} }`)
         .join("\n")}
       export {};`,
    );
    expect(compile(file, { module: NodeNext })).toHaveLength(Object.keys(mistakes).length);
  });
});
