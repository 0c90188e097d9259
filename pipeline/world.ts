import type { Command } from '../events/envelope.ts';
import type { EventStore } from '../events/store.ts';
import type { Engine } from '../projections/engine.ts';
import type { Artifacts } from '../registry-repo/artifacts/artifacts.ts';
import type { Config } from './config/config.ts';
import type { Forge } from './forge/forge.ts';
import type { Keys } from './keys.ts';
import type { ReconcilePorts } from './promotion/ports.ts';

// Narrow views of the workspace. Code takes these instead of the whole workspace, which has all of them.

/** The settings. */
export type Settings = { readonly config: Config };

/** The settings and their folder: paths in them are relative to their file. */
export type Places = Settings & { path(relative: string): string };

export type Clock = { readonly clock: () => Date };

/** The sources of ids and times. */
export type Minting = Clock & { readonly newId: () => string };

/** Where events are appended, and by whom. */
export type Recording = Clock & {
  store(): EventStore;
  readonly command: Pick<Command, 'actor' | 'source'>;
};

/** The views, caught up with the log at the time of the call. */
export type Viewing = { views(): Promise<Engine> };

/** The way to the network, as this machine's proxies and certificates have it. */
export type Networked = { readonly fetch: typeof fetch };

export type Storing = { artifacts(): Artifacts };

/** The registry's forge. */
export type Forging = { forge(): Forge };

/** Allows the first event of a log: where a registry is set up, and nowhere else. */
export type Beginning = { beginLog(): void };

/** Makes the state folder safe. */
export type Keeping = { keepState(): void };

/** Folder of the settings' file. */
export type Rooted = { readonly loaded: { readonly root: string } };

/** The keys whose signatures count. */
export type Trusting = { keys(): Pick<Keys, 'trusted'> };

/** Takes promotions to their end. */
export type Promoting = {
  promotions(say: (line: string) => void): Promise<ReconcilePorts>;
  /** How long to wait for a remote gate. */
  readonly gateWaitMs: number;
};
