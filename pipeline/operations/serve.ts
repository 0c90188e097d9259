import { setTimeout as sleep } from 'node:timers/promises';
import { settledOf } from '../settled-servers.ts';
import type { Workspace } from '../workspace.ts';
import { hooksOf, tend } from './tend.ts';

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
