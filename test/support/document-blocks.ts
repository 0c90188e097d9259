import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { root, temporaryFolder } from './paths.ts';
import { PATIENCE_MS, until } from './until.ts';

// Runs the shell blocks of documents as a reader would: one after the other, in one shell's working folder.

/** `output`: the name in the marker before it, `<!-- output: NAME -->`, if it shows what the shell block before it prints. */
export type Block = {
  readonly language: string;
  readonly text: string;
  readonly line: number;
  readonly output: string | null;
};

/** Every fenced block of a Markdown text. */
export const blocksIn = (markdown: string): Block[] =>
  [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((m) => ({
    language: m[1] as string,
    text: m[2] as string,
    line: markdown.slice(0, m.index).split('\n').length,
    output: /<!-- output: (.+) -->\n$/.exec(markdown.slice(0, m.index))?.[1] ?? null,
  }));

/** Commands that run until they are stopped, and what they print when they are ready. */
const STAYS: readonly (readonly [RegExp, RegExp])[] = [
  [/npm start\n$/, /Ctrl-C stops it/],
  [/^pawl serve\n$/, /\bv\d+ answers/],
  [/^pawl watch (?!.*--once).*\n$/, /is in production/],
];

export const readyLine = ({ text }: Block): RegExp | undefined => STAYS.find(([command]) => command.test(text))?.[1];

/** The port of the page's examples; tests use a free one. */
export const PORT = 7295;

const LIMIT_MS = PATIENCE_MS;

export type Ended = { readonly code: number | null; readonly output: string };

/** Where the blocks run: a folder, what is on its path, and the working folder after the last block. */
export class Reader {
  readonly #env: NodeJS.ProcessEnv;
  readonly #port: number;
  readonly #where: string;
  #folder: string;

  constructor(port: number) {
    const home = temporaryFolder();
    const bin = join(home, 'bin');
    this.#port = port;
    this.#where = join(home, 'where');
    this.#folder = join(home, 'pawl');
    for (const folder of [bin, this.#folder]) mkdirSync(folder);
    const stand = (name: string, program: string) =>
      writeFileSync(join(bin, name), `#!/bin/sh\nexec '${process.execPath}' '${join(root, program)}' "$@"\n`, {
        mode: 0o755,
      });
    stand('pawl', 'dist/pipeline/cli.js');
    stand('npm', 'dist/test/support/stand-in-npm.js');
    const plain = Object.entries(process.env).filter(([name]) => !/^(PAWL_|GIT_|npm_)/.test(name));
    this.#env = {
      ...Object.fromEntries(plain),
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      PAWL_SERVER_PORT: String(port),
    };
  }

  /** Runs a block to its end; its change of the working folder holds for the next. */
  async run(block: Block): Promise<Ended> {
    const { child, output } = this.#start(`${block.text}pwd > '${this.#where}'\n`);
    const timer = setTimeout(() => kill(child, 'SIGKILL'), LIMIT_MS);
    const code = await closed(child);
    clearTimeout(timer);
    if (code === 0) this.#folder = readFileSync(this.#where, 'utf8').trim();
    return { code, output: output() };
  }

  /**
   * Runs a block that keeps running: when it is ready and `meanwhile` is done, it gets Ctrl-C.
   *
   * @param ready what it prints when it is ready
   */
  async runUntil(block: Block, ready: RegExp, meanwhile: () => Promise<void>): Promise<Ended> {
    const { child, output } = this.#start(block.text);
    const end = closed(child);
    try {
      const up = await until(() => ready.test(output()) || child.exitCode !== null).then(
        () => ready.test(output()),
        () => false,
      );
      if (!up) return { code: child.exitCode, output: output() };
      await meanwhile();
      kill(child, 'SIGINT');
      const timer = setTimeout(() => kill(child, 'SIGKILL'), LIMIT_MS);
      const code = await end;
      clearTimeout(timer);
      return { code, output: output() };
    } finally {
      kill(child, 'SIGKILL');
    }
  }

  #start(script: string): { child: ChildProcess; output: () => string } {
    const text = script.replaceAll(`127.0.0.1:${PORT}`, `127.0.0.1:${this.#port}`);
    const child = spawn('bash', ['-euo', 'pipefail', '-c', text], {
      cwd: this.#folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a group of its own, so that Ctrl-C reaches all of it and nothing else
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    return { child, output: () => output };
  }
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // it has ended
  }
}

const closed = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.on('close', resolve));

/** A free port. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
