// The package as a user gets it: packed with the addon of this machine as its only prebuild, and
// installed by npm into an empty project, without install scripts and without the network.
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../..", import.meta.url));

const execute = promisify(execFile);

/** What a child process left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; a failure is an outcome too. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Outcome> {
  const npm = process.platform === "win32" && program === "npm";
  try {
    const { stdout, stderr } = await execute(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      shell: npm,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== "number") throw error;
    return { code, stdout: stdout ?? "", stderr: stderr ?? "" };
  }
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run("npm", args, { cwd });
  if (code !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** Packs a directory into `destination`; the tarball's name and the files in it. */
async function pack(
  directory: string,
  destination: string,
): Promise<{ tarball: string; files: string[] }> {
  const out = await npm(
    destination,
    ...["pack", directory, "--json", "--ignore-scripts", "--pack-destination", destination],
  );
  const listed = JSON.parse(out) as
    | Record<string, { filename: string; files: { path: string }[] }>
    | { filename: string; files: { path: string }[] }[];
  const [packed] = Array.isArray(listed) ? listed : Object.values(listed);
  if (packed === undefined) throw new Error(`npm pack ${directory} named no tarball`);
  return {
    tarball: join(destination, packed.filename),
    files: packed.files.map((file) => file.path),
  };
}

/** Where node-gyp-build looks for this machine's addon in a published package. */
export function prebuildPath(): string {
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const libc = report.header.glibcVersionRuntime === undefined ? "musl" : "glibc";
  const name = process.platform === "linux" ? `scard.${libc}.node` : "scard.node";
  return join("prebuilds", `${process.platform}-${process.arch}`, name);
}

/** An empty project with the package in it. */
export class InstalledPackage {
  /** The project's directory. */
  readonly project: string;
  /** What the clone packs, as it stands. */
  readonly files: readonly string[];
  readonly #temporary: string;

  private constructor(project: string, files: readonly string[], temporary: string) {
    this.project = project;
    this.files = files;
    this.#temporary = temporary;
  }

  /** The package's own directory. */
  get directory(): string {
    return join(this.project, "node_modules", "scard");
  }

  static async create(): Promise<InstalledPackage> {
    const temporary = await mkdtemp(join(tmpdir(), "scard-package-"));
    const { tarball, files } = await pack(root, temporary);
    const dependencies: Record<string, string> = { scard: `file:${tarball}` };
    // From node_modules, so that nothing is downloaded.
    for (const name of ["commander", "node-gyp-build"]) {
      const packed = await pack(join(root, "node_modules", name), temporary);
      dependencies[name] = `file:${packed.tarball}`;
    }
    const project = join(temporary, "project");
    await mkdir(project);
    const manifest = { name: "consumer", version: "1.0.0", private: true, dependencies };
    await writeFile(join(project, "package.json"), JSON.stringify(manifest));
    await npm(project, "install", "--ignore-scripts", "--offline", "--no-audit", "--no-fund");
    const installed = new InstalledPackage(project, files, temporary);
    await installed.#addPrebuild();
    return installed;
  }

  /** The tarball of a release has one for each platform. */
  async #addPrebuild(): Promise<void> {
    const target = join(this.directory, prebuildPath());
    await mkdir(join(target, ".."), { recursive: true });
    await copyFile(join(root, "build", "Release", "scard.node"), target);
  }

  /** Writes a file of the project and returns its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.project, name);
    await writeFile(path, text);
    return path;
  }

  /** Runs JavaScript in the project; `name` decides between a module and a script. */
  async node(name: string, text: string, env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    const path = await this.write(name, text);
    return run(process.execPath, [path], { cwd: this.project, env });
  }

  /** The command, as npm links it. */
  async command(...args: string[]): Promise<Outcome> {
    const bin = join(this.project, "node_modules", ".bin");
    const [name] = (await readdir(bin)).filter((file) => file === "scard");
    if (name === undefined) throw new Error(`npm linked no command in ${bin}`);
    return run(join(bin, name), args, { cwd: this.project });
  }

  async remove(): Promise<void> {
    await rm(this.#temporary, { recursive: true, force: true });
  }
}
