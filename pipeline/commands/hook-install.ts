import { mkdirSync } from 'node:fs';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PawlError } from '../../events/errors.ts';
import { UsageError } from '../operations/not-found.ts';
import { packageRoot } from '../package-info.ts';
import { TrainingRepository } from '../source/repository.git.ts';
import { asUser } from '../state-folder.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';

/** The repository has a hook of its own, which Pawl must not replace. */
export class HookExistsError extends PawlError {
  readonly code = 'hook_exists';
}

/** A hook there would run for other repositories, too. */
export class HookElsewhereError extends PawlError {
  readonly code = 'hook_elsewhere';
}

const MARK = '# Written by pawl hook install';

export const hookInstall: Command<Workspace> = {
  details:
    'Writes a post-receive hook that runs `pawl watch --once` in the background. The push does not wait for the run.',
  flags: [
    { flags: '--repo <path>', description: 'the repository that receives the pushes (usually a bare one)' },
    { flags: '--branch <name>', description: 'branch whose pushes count', setting: 'watch.branch' },
  ],
  examples: [['pawl hook install --repo /srv/git/reviews.git', 'every push to main trains']],
  async run(invocation) {
    const { workspace, out } = invocation;
    const repo = text(invocation, 'repo');
    if (repo === undefined) throw new UsageError('name the repository: --repo PATH');
    const repository = new TrainingRepository(workspace.here(repo));
    const folder = await repository.hooksFolder();
    if (!(await repository.holds(folder)))
      throw new HookElsewhereError(
        `git takes the hooks of ${repository.path} from ${folder}, which is not the repository’s own (core.hooksPath): call \`pawl watch --once\` there by hand, or set core.hooksPath in the repository`,
      );
    const file = join(folder, 'post-receive');
    await writeHook(file, hookScript(workspace, repository.path));
    out.say(`${file} starts \`pawl watch --once\` on every push to ${workspace.config.watch.branch}`);
    return 0;
  },
};

/** Quotes for a shell: single quotes protect everything but themselves. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

function hookScript(workspace: Workspace, repository: string): string {
  const { loaded, config } = workspace;
  const cli = join(packageRoot, 'dist/pipeline/cli.js');
  const settings = loaded.file ? ['--config', loaded.file] : [];
  const words = [
    process.execPath,
    cli,
    ...settings,
    'watch',
    '--once',
    '--repo',
    repository,
    '--branch',
    config.watch.branch,
  ];
  const log = resolve(loaded.root, '.pawl/hook.log');
  return `#!/bin/sh
${MARK}
# Git's own variables would make the run look at this repository instead of its own.
unset $(git rev-parse --local-env-vars)
mkdir -p ${quote(dirname(log))}
cd ${quote(loaded.root)} || exit 0
nohup ${words.map(quote).join(' ')} </dev/null >>${quote(log)} 2>&1 &
echo "pawl: training in the background, see ${log.replace(/["$`\\]/g, '')}"
`;
}

/** @throws {HookExistsError} */
async function writeHook(file: string, script: string): Promise<void> {
  const existing = await readFile(file, 'utf8').catch(() => null);
  if (existing !== null && !existing.includes(MARK))
    throw new HookExistsError(`${file} is there already: add a call of \`pawl watch --once\` to it by hand`);
  asUser(() => mkdirSync(dirname(file), { recursive: true }));
  await writeFile(`${file}.new`, script);
  await chmod(`${file}.new`, 0o755);
  await rename(`${file}.new`, file);
}
