import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';
import { getIn } from '../config/layers.ts';
import { DEFAULT_ADDRESS } from '../data/options.ts';
import { plainPath } from '../errors.ts';
import { CommitRefusedError } from '../source/export-commit.ts';
import { trainers } from '../training/trainers.ts';
import type { Exported } from './watch.ts';

const PRETRAINED = 'training.config.model';

/** Settings of a commit that are opened as files; other texts of `data` and `training` are not. */
export const COMMIT_PATHS = ['data.path', 'data.train', 'data.test', 'data.unlabelled', PRETRAINED];
/** Settings of a commit that are fetched. */
export const COMMIT_ADDRESSES = ['data.url'];

/**
 * Compares what a commit asks for with what the settings of the watcher allow. Values that the commit leaves unchanged
 * are the watcher's own, and may be anything.
 *
 * @param own the settings without the commit's @param asked with them
 * @throws {CommitRefusedError} naming everything that is not allowed, and the setting that would allow it
 */
export function requireAllowed(own: Config, asked: Config, exported: Exported): void {
  const problems = [
    ...nameProblems(own, asked),
    ...commandProblems(own, asked),
    ...environmentProblems(own, asked),
    ...COMMIT_ADDRESSES.flatMap((path) => addressProblems(path, own, asked)),
    ...hubProblems(own, asked, exported),
    ...COMMIT_PATHS.flatMap((path) => pathProblems(path, own, asked, exported)),
  ];
  if (problems.length > 0) throw new CommitRefusedError(`the commit is not trained on: ${problems.join('; ')}`);
}

function nameProblems(own: Config, asked: Config): string[] {
  const { models, trainers, kinds } = own.watch;
  const problem = (name: string, value: string, allowed: readonly string[], own: string, setting: string) =>
    value === own || allowed.includes(value) ? [] : [`${name} is ${value}, which ${setting} does not name`];
  const { trainer } = asked.training;
  return [
    ...problem('model', asked.model, models, own.model, 'watch.models'),
    ...(trainer === 'command'
      ? []
      : problem('training.trainer', trainer, trainers, own.training.trainer, 'watch.trainers')),
    ...problem('data.kind', asked.data.kind, kinds, own.data.kind, 'watch.kinds'),
  ];
}

function commandProblems(own: Config, asked: Config): string[] {
  if (asked.training.trainer !== 'command' || own.watch.allowCommands) return [];
  const { command } = asked.training.config;
  const allowed = own.training.trainer === 'command' ? [own.training.config.command] : [];
  if ([...allowed, ...own.watch.commands].some((one) => isDeepStrictEqual(one, command))) return [];
  return [
    `it would run ${plainPath(JSON.stringify(command)).slice(0, 300)}: name exactly these arguments in watch.commands, or set watch.allowCommands, if whoever may push there may run programs here`,
  ];
}

function environmentProblems(own: Config, asked: Config): string[] {
  const [before = [], wanted = []] = [own, asked].map(
    (config) => getIn(config, ['training', 'config', 'environment']) as string[] | undefined,
  );
  const more = wanted.filter((name) => !before.includes(name) && !own.watch.environment.includes(name));
  return more.length === 0
    ? []
    : [`its program would get ${more.slice(0, 5).join(', ')}, which watch.environment does not name`];
}

/** Never shows the address: people put tokens into addresses. */
function addressProblems(path: string, own: Config, asked: Config): string[] {
  const [before, value] = [own, asked].map((config) => getIn(config, path.split('.')));
  if (typeof value !== 'string' || value === before || value === DEFAULT_ADDRESS) return [];
  return own.watch.addresses.includes(value) ? [] : [`${path} is an address that watch.addresses does not name`];
}

/** A pretrained model that is no folder of the commit is downloaded from the hub. */
function hubProblems(own: Config, asked: Config, { folder }: Exported): string[] {
  const [before, value] = [own, asked].map((config) => getIn(config, PRETRAINED.split('.')));
  const { trainer } = asked.training;
  if (typeof value !== 'string' || (value === before && trainer === own.training.trainer) || own.hub.offline) return [];
  const allowed = [...own.watch.pretrained, presetOf(trainer)];
  if (allowed.includes(value) || placeIn(folder, value) === null || isFolder(resolve(folder, value))) return [];
  return [
    `${PRETRAINED} would download ${plainPath(value).slice(0, 300)}, which watch.pretrained does not name: commit its folder, or name it there`,
  ];
}

/** A file would not be read: its name would be looked up on the hub. */
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The model that a trainer takes if its settings name none. */
function presetOf(trainer: string): unknown {
  return getIn(trainers.find(({ name }) => name === trainer)?.config.safeParse({}).data, ['model']);
}

function pathProblems(path: string, own: Config, asked: Config, exported: Exported): string[] {
  const [before, value] = [own, asked].map((config) => getIn(config, path.split('.')));
  if (typeof value !== 'string') return [];
  const found = placeIn(exported.folder, value);
  if (found === null)
    return value === before
      ? []
      : [`${path} leads out of the commit: give a path within it, or set it where the commit is watched`];
  const gone = exported.leftOut.find(
    (left) => found === '' || left === found || left.startsWith(`${found}/`) || found.startsWith(`${left}/`),
  );
  return gone === undefined
    ? []
    : [`${path} needs ${plainPath(gone)}, a link or a submodule, which is not followed: commit the file itself`];
}

/** A path within the folder, with `/` and without links; null if it leads out of the folder, also by a link. */
function placeIn(folder: string, path: string): string | null {
  if (isAbsolute(path) || path.includes('\0')) return null;
  const root = realpathSync(folder);
  const target = resolve(root, path);
  const places = [target, realOf(target)].map((place) => relative(root, place));
  const out = places.some((place) => isAbsolute(place) || place === '..' || place.startsWith(`..${sep}`));
  return out ? null : (places[0] as string).split(sep).join('/');
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // it does not exist: the code that opens it reports that
  }
}
