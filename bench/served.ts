import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../pipeline/package-info.ts';
import { measured } from './process.ts';

/** A server in a process of its own. */
export type Served = { readonly url: string; stop(): Promise<void> };

/** The command line of a checkout, compiled. @throws {TypeError} if there is none */
export function commandLine(checkout: string = packageRoot): string {
  const cli = join(checkout, 'dist/pipeline/cli.js');
  if (existsSync(cli)) return cli;
  throw new TypeError(`${checkout} has no dist/pipeline/cli.js: give a checkout of Pawl that is built`);
}

/** Trains on the sample, promotes, and serves, as a new user would. */
export async function serveTrained(
  cli: string,
  folder: string,
  training: Readonly<Record<string, unknown>>,
): Promise<Served> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'pawl.yaml'),
    JSON.stringify({
      data: { kind: 'sample' },
      training,
      // Only answers are measured, so everything else is turned off.
      server: { port: 0, pollMs: 600_000, trafficWindowMs: 600_000, logLevel: 'silent' },
    }),
  );
  for (const command of [['registry', 'init'], ['train'], ['promote']])
    await measured(process.execPath, [cli, ...command], { cwd: folder });
  return serve(cli, folder);
}

async function serve(cli: string, folder: string): Promise<Served> {
  const child = spawn(process.execPath, [cli, 'serve'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (/ answers$/.test(line)) break;
  }
  child.stdout.resume();
  const url = said.join('\n').match(/^listening on (http:\S+)$/m)?.[1];
  if (!url) throw new Error(`the server ended before it answered: ${said.join(' ')}`);
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
