// binding.d.ts is the only contract between the addon and lib/: compared both ways, so that neither
// side can have what the other does not know of.
import { join } from "node:path";

import nodeGypBuild from "node-gyp-build";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = join(__dirname, "../..");
const addon = nodeGypBuild(root) as Record<string, unknown>;

interface DeclaredClass {
  readonly methods: string[];
  /** Methods that cannot be called without arguments. */
  readonly withParameters: string[];
  readonly constructible: boolean;
}

const source = ts.createSourceFile(
  "binding.d.ts",
  ts.sys.readFile(join(root, "binding.d.ts")) ?? "",
  ts.ScriptTarget.ES2022,
);

const functions: string[] = [];
const classes = new Map<string, DeclaredClass>();
for (const statement of source.statements) {
  if (ts.isFunctionDeclaration(statement) && statement.name) {
    functions.push(statement.name.text);
  } else if (ts.isClassDeclaration(statement) && statement.name) {
    classes.set(statement.name.text, declaredClass(statement));
  }
}

function declaredClass(declaration: ts.ClassDeclaration): DeclaredClass {
  const methods = declaration.members.filter(ts.isMethodDeclaration);
  const name = (method: ts.MethodDeclaration): string => method.name.getText(source);
  const required = (method: ts.MethodDeclaration): boolean =>
    method.parameters.some((parameter) => !mayBeUndefined(parameter));
  return {
    methods: methods.map(name).sort(),
    withParameters: methods.filter(required).map(name),
    constructible: !declaration.members.some(
      (member) =>
        ts.isConstructorDeclaration(member) &&
        member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword),
    ),
  };
}

function mayBeUndefined(parameter: ts.ParameterDeclaration): boolean {
  return (
    parameter.questionToken !== undefined ||
    (parameter.type?.getText(source).includes("undefined") ?? false)
  );
}

function addonClass(name: string): { prototype: object } & (new (...given: unknown[]) => object) {
  return addon[name] as ReturnType<typeof addonClass>;
}

describe("the addon and binding.d.ts", () => {
  it("export the same names", () => {
    expect(Object.keys(addon).sort()).toEqual([...functions, ...classes.keys()].sort());
  });

  it.each(functions)("have the function %s", (name) => {
    expect(addon[name]).toBeTypeOf("function");
    expect(() => (addon[name] as () => unknown)()).toThrow(TypeError);
  });

  describe.each([...classes])("agree on class %s", (name, declared) => {
    it("has the same methods", () => {
      const { prototype } = addonClass(name);
      const present = Object.getOwnPropertyNames(prototype).filter((key) => key !== "constructor");
      expect(present.sort()).toEqual(declared.methods);
    });

    it("refuses a construction without arguments, and any where it is private", () => {
      const Class = addonClass(name);
      expect(() => new Class()).toThrow(TypeError);
      if (!declared.constructible) {
        expect(() => new Class({}, {})).toThrow(TypeError);
      }
    });

    it.each(declared.methods)("refuses %s on another object", (method) => {
      const body = Reflect.get(addonClass(name).prototype, method) as () => unknown;
      for (const receiver of [{}, undefined, Object.create(addonClass(name).prototype)]) {
        expect(() => {
          Reflect.apply(body, receiver, []);
        }).toThrow(TypeError);
      }
    });
  });

  it("refuse a call without the arguments that the declaration demands", () => {
    const Subsystem = addonClass("VirtualSubsystem");
    const subsystem = new Subsystem("pcsclite") as Record<string, () => unknown>;
    const demanding = classes.get("VirtualSubsystem")?.withParameters ?? [];
    expect(demanding.length).toBeGreaterThan(5);
    for (const method of demanding) {
      expect(() => subsystem[method]?.(), method).toThrow(TypeError);
    }
  });
});
