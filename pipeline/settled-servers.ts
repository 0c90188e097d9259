import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Git } from '../registry-repo/git.ts';
import { RegistryAt } from '../registry-repo/registry.ts';
import { settledFile } from '../registry-repo/settled/settled.file.ts';
import {
  renumbered,
  type Settled,
  type SettledStore,
  SettledUnreadableError,
} from '../registry-repo/settled/settled.ts';
import type { ObjectId } from '../registry-repo/values.ts';
import { STATE } from './state-folder.ts';

const folderOf = (root: string): string => join(root, STATE, 'servers');

/** Where a server keeps its last accepted state. @param root the folder of the settings */
export const settledOf = (root: string, instance: string, model: string): SettledStore =>
  settledFile(join(folderOf(root), instance, `${model}.json`), model);

/**
 * A server that ran from these settings, and how main differs from what it accepted; no problem if main continues from
 * that.
 */
export type ServerStanding = {
  readonly instance: string;
  readonly model: string;
  readonly settled: Settled | null;
  readonly problem: { readonly code: string; readonly detail: string } | null;
};

/** Every server that keeps its state here, whether it runs now or not. */
export async function serverStandings(root: string, git: Git, tip: ObjectId): Promise<ServerStanding[]> {
  const standings: ServerStanding[] = [];
  for (const { instance, model } of kept(root)) {
    const of = { instance, model };
    try {
      const settled = await settledOf(root, instance, model).read();
      const detail = settled && (await contradiction(settled, new RegistryAt(git, tip)));
      standings.push({ ...of, settled, problem: detail === null ? null : { code: 'main_moved_back', detail } });
    } catch (error) {
      if (!(error instanceof SettledUnreadableError)) throw error;
      standings.push({ ...of, settled: null, problem: { code: error.code, detail: error.message } });
    }
  }
  return standings;
}

/** How a commit of main contradicts what a server has accepted, in words; null if it continues from that. */
export async function contradiction(settled: Settled, main: RegistryAt): Promise<string | null> {
  const { tip: last, model } = settled;
  if (last !== null && !(await main.git.isOnLine(last, main.commit)))
    return `main is at ${main.commit}, whose own line does not hold ${last}, which the server has settled on`;
  const production = (await main.production(model))?.value;
  if (!production || !renumbered(settled, production)) return null;
  return `main has another version ${production.version} of ${model} than the server has settled on`;
}

function kept(root: string): { instance: string; model: string }[] {
  return namesIn(folderOf(root)).flatMap((instance) =>
    namesIn(join(folderOf(root), instance))
      .filter((name) => name.endsWith('.json'))
      .map((name) => ({ instance, model: name.slice(0, -'.json'.length) })),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
