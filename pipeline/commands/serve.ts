import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Output } from '../output.ts';
import { settledOf } from '../settled-servers.ts';
import { hooksOf, tend } from '../triggers/tend.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const serve: Command<Workspace> = {
  name: 'serve',
  memory: 'serves',
  summary: 'answer over HTTP with what the registry has in production, and follow it',
  details:
    'A new version is verified, loaded beside the old one, tested, and swapped in without dropping a request. If anything about it is wrong, the old one stays, and the refusal is recorded. Ctrl-C finishes what is running.',
  untilStopped: true,
  flags: [
    { flags: '--host <address>', description: 'address to listen on', setting: 'server.host' },
    { flags: '--port <number>', description: 'port; 0 for any free one', setting: 'server.port' },
    { flags: '--instance <name>', description: 'name of this server in the log', setting: 'server.instance' },
    { flags: '--model <name>', description: 'the model', setting: 'model' },
  ],
  examples: [['pawl serve --port 8080', 'on a port of your choice']],
  async run({ workspace, out, signal }) {
    const server = await openTendedServer(workspace);
    out.say(`listening on ${server.url}`);
    void server.ready().then(
      () => sayServed(out, server),
      () => {},
    );
    if (!signal.aborted) await once(signal, 'abort');
    await server.stop();
    return 0;
  },
};

/** A server that also reconciles, takes webhooks if there is a secret for them, and then starts runs for pushes. */
export async function openTendedServer(workspace: Workspace): Promise<Server> {
  const { openLog } = await import('../../server/log.ts');
  const { server: options } = workspace.config;
  const log = openLog(options);
  let server: Server | undefined;
  const upkeep = tend(workspace, log, () => void server?.poke());
  server = await openServer(workspace, { log, hooks: hooksOf(workspace, upkeep) });
  upkeep.start();
  const { stop } = server;
  const { shutdownMs } = options;
  const ended = () => Promise.race([upkeep.stop(shutdownMs), sleep(shutdownMs + 1000, undefined, { ref: false })]);
  return { ...server, stop: async () => void (await Promise.all([ended(), stop()])) };
}

type Around = Partial<Pick<import('../../server/main.ts').ServerWorld, 'log' | 'hooks'>>;

/** A server of this workspace. The server's code is loaded only when one is wanted. */
export async function openServer(workspace: Workspace, around: Around = {}) {
  const [{ startServer }, { gitRegistry }] = await Promise.all([
    import('../../server/main.ts'),
    import('../../server/registry.git.ts'),
  ]);
  const { model, server: options } = workspace.config;
  const forge = workspace.forge();
  const { trusted: keys } = workspace.keys();
  const registry = gitRegistry({
    git: forge.git,
    sync: () => forge.sync(),
    artifacts: workspace.artifacts(),
    model,
    keys,
    clock: workspace.clock,
  });
  return startServer(options, {
    model,
    registry,
    settled: settledOf(workspace.loaded.root, options.instance, model),
    store: workspace.store(),
    clock: workspace.clock,
    bounds: workspace.modelBounds,
    ...around,
  });
}

export type Server = Awaited<ReturnType<typeof openServer>>;

export function sayServed(out: Output, server: Server): void {
  const { model } = server.state();
  if (model) out.say(`${model.name} v${model.version} answers`);
}
