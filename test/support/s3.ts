import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from './paths.ts';

/** Whether the S3 server is installed: `go install github.com/versity/versitygw/cmd/versitygw@latest`. */
export const hasS3Server = (): boolean => spawnSync('versitygw', ['--version']).error === undefined;

const ACCESS = { access: 'pawl-test', secret: 'pawl-test-secret' };

/** A real S3 server on this machine, whose buckets are folders. */
export class S3Server {
  readonly folder = temporaryFolder();
  readonly port: number;
  #child: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Also makes these the credentials of this process, as the SDK looks for them. */
  static async start(bucket: string): Promise<S3Server> {
    process.env.AWS_ACCESS_KEY_ID = ACCESS.access;
    process.env.AWS_SECRET_ACCESS_KEY = ACCESS.secret;
    const server = new S3Server(await freePort());
    mkdirSync(join(server.folder, bucket));
    await server.up();
    return server;
  }

  async up(): Promise<void> {
    const args = ['--access', ACCESS.access, '--secret', ACCESS.secret, '--port', `127.0.0.1:${this.port}`];
    this.#child = spawn('versitygw', [...args, 'posix', this.folder], { stdio: 'ignore' });
    for (let tries = 0; tries < 100; tries++) {
      const up = await fetch(this.endpoint).then(
        () => true,
        () => false,
      );
      if (up) return;
      await sleep(50);
    }
    throw new Error('versitygw does not answer');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
