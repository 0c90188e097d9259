import { setTimeout as sleep } from 'node:timers/promises';
import type { Bounds } from '../../registry-repo/model-process/confined.ts';
import { settledOf } from '../settled-servers.ts';
import type { Forging, Recording, Rooted, Settings, Storing, Trusting } from '../world.ts';
import { hooksOf, type TendWorld, tend } from './tend.ts';

/** What a server is made from. */
export type ServeWorld = Settings &
  Rooted &
  Recording &
  Storing &
  Forging &
  Trusting & { readonly modelBounds: Bounds };

/** A server that also reconciles. With a secret for webhooks it takes them, and then starts runs for pushes. */
export async function openTendedServer(world: ServeWorld & TendWorld): Promise<Server> {
  const { openLog } = await import('../../server/log.ts');
  const { server: options } = world.config;
  const log = openLog(options);
  let server: Server | undefined;
  const upkeep = tend(world, log, () => void server?.poke());
  server = await openServer(world, { log, hooks: hooksOf(world, upkeep) });
  upkeep.start();
  const { stop } = server;
  const { shutdownMs } = options;
  const ended = () => Promise.race([upkeep.stop(shutdownMs), sleep(shutdownMs + 1000, undefined, { ref: false })]);
  return { ...server, stop: async () => void (await Promise.all([ended(), stop()])) };
}

type Around = Partial<Pick<import('../../server/main.ts').ServerWorld, 'log' | 'hooks'>>;

/** Makes a server with these settings. The server's code is loaded only when one is wanted. */
export async function openServer(world: ServeWorld, around: Around = {}) {
  const [{ startServer }, { gitRegistry }] = await Promise.all([
    import('../../server/main.ts'),
    import('../../server/registry.git.ts'),
  ]);
  const { model, server: options } = world.config;
  const forge = world.forge();
  const { trusted: keys } = world.keys();
  const registry = gitRegistry({
    git: forge.git,
    sync: () => forge.sync(),
    artifacts: world.artifacts(),
    model,
    keys,
    clock: world.clock,
  });
  return startServer(options, {
    model,
    registry,
    settled: settledOf(world.loaded.root, options.instance, model),
    store: world.store(),
    clock: world.clock,
    bounds: world.modelBounds,
    ...around,
  });
}

export type Server = Awaited<ReturnType<typeof openServer>>;
