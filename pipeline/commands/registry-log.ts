import { mainHistory } from '../../registry-repo/verify/history.ts';
import { textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { wholeNumber } from './numbers.ts';

export const registryLog: Command<Workspace> = {
  details: 'Exit code 1 if no verified verdict and no change of rules explains a commit.',
  json: true,
  flags: [{ flags: '--limit <n>', description: 'how many, from the newest (default 20)' }],
  examples: [['pawl registry log', 'the history of production']],
  async run(invocation) {
    const { workspace, out } = invocation;
    const forge = workspace.forge();
    const tip = await forge.sync();
    const { trusted: keys } = workspace.keys();
    const commits = [];
    for await (const commit of mainHistory({ git: forge.git, tip, keys, now: workspace.clock() })) commits.push(commit);
    const limit = wholeNumber(text(invocation, 'limit'), '--limit', 20);
    const shown = commits
      .slice(-limit)
      .reverse()
      .map((c) => ({
        commit: c.commit,
        kind: c.kind,
        title: c.title,
        verdict: 'merge' in c ? c.merge.verdictDigest : null,
        promotion: 'merge' in c ? c.merge.verdict.promotion : null,
        trouble: c.kind === 'unexplained' ? `${c.code}: ${c.detail}` : null,
      }));
    out.result(shown, () =>
      textTable(
        ['commit', 'kind', 'title', 'verdict', ''],
        shown.map((c) => [c.commit.slice(0, 12), c.kind, c.title, c.verdict?.slice(0, 19) ?? '–', c.trouble ?? '']),
      ),
    );
    return shown.some((c) => c.trouble !== null) ? 1 : 0;
  },
};
