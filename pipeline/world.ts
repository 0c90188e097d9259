import type { Command } from '../events/envelope.ts';
import type { EventStore } from '../events/store.ts';
import type { Engine } from '../projections/engine.ts';
import type { Artifacts } from '../registry-repo/artifacts/artifacts.ts';
import type { Config } from './config/config.ts';
import type { Forge } from './forge/forge.ts';
import type { Keys } from './keys.ts';
import type { ReconcilePorts } from './promotion/ports.ts';

// The narrow views of the world that code takes instead of the whole workspace, which has all of them.

/** What the settings say. */
export type Settings = { readonly config: Config };

/** And where: paths of the settings are relative to their file. */
export type Places = Settings & { path(relative: string): string };

export type Clock = { readonly clock: () => Date };

/** What gives ids and times. */
export type Minting = Clock & { readonly newId: () => string };

/** Where events are appended to, and who asks. */
export type Recording = Clock & {
  store(): EventStore;
  readonly command: Pick<Command, 'actor' | 'source'>;
};

/** The views, caught up with the log at the moment of the call. */
export type Viewing = { views(): Promise<Engine> };

/** The way to the network, as this machine's proxies and certificates have it. */
export type Networked = { readonly fetch: typeof fetch };

export type Storing = { artifacts(): Artifacts };

/** The registry's forge. */
export type Forging = { forge(): Forge };

/** What may make the state folder. */
export type Keeping = { keepState(): void };

/** Folder of the settings' file. */
export type Rooted = { readonly loaded: { readonly root: string } };

/** Whose signatures count. */
export type Trusting = { keys(): Pick<Keys, 'trusted'> };

/** What takes promotions to their end. */
export type Promoting = {
  promotions(say: (line: string) => void): Promise<ReconcilePorts>;
  /** How long to wait for a gate elsewhere. */
  readonly gateWaitMs: number;
};
