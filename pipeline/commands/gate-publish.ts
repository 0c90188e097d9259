import { readFile, stat } from 'node:fs/promises';
import { parseFile } from '../../registry-repo/file.ts';
import { Evaluated, MAX_EVALUATED_BYTES } from '../../registry-repo/gate/evaluated.ts';
import { publicKeyOf } from '../../registry-repo/verdict/keys.ts';
import { requireKey } from '../keys.ts';
import { type Published, publish } from '../promotion/publish.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { GATE_FLAGS, gateQuestion } from './gate-evaluate.ts';

export const gatePublish: Command<Workspace> = {
  details:
    'This is the second half of a gate in a workflow. It checks everything again that it can check without the model, stores the signed verdict in the registry, sets the status of exactly the commit that was judged, and merges that commit if main is still the one that it was judged against. Without an evaluation it refuses. Exit code 0 if merged, waiting or nothing to do, 1 if refused, 3 if the gate itself failed and could not judge.',
  json: true,
  flags: [...GATE_FLAGS, { flags: '--judgement <file>', description: 'the file that `pawl gate evaluate` wrote' }],
  examples: [['pawl gate publish --pr 7 --head 5f0c… --judgement evaluated.json', 'in the job that has the keys']],
  async run(invocation) {
    const { workspace, out } = invocation;
    const question = gateQuestion(invocation);
    const key = requireKey(workspace.keys(), 'gate', workspace.config.keys.path);
    const { clock } = workspace;
    const own = publicKeyOf(key, { role: 'gate', from: new Date(0).toISOString(), until: null });
    const say = (line: string) => out.say(line);
    const evaluated = await readEvaluated(workspace, text(invocation, 'judgement'), say);
    const published = await publish(
      {
        forge: workspace.forge(),
        by: workspace.config.registry.author,
        trusted: [own],
        now: clock,
        judge: workspace.judge(key),
        say,
      },
      { ...question, evaluated },
    );
    out.result(published, () => line(published));
    if (published.outcome === 'unjudged') return 3;
    return published.outcome === 'refused' || published.outcome === 'error' ? 1 : 0;
  },
};

const line = (p: Published): string => (p.outcome === 'merged' ? `merged as ${p.commit}` : `${p.outcome}: ${p.detail}`);

/** A malformed evaluation counts as none: the gate then refuses, and says why. */
async function readEvaluated(
  workspace: Workspace,
  file: string | undefined,
  say: (line: string) => void,
): Promise<Evaluated | null> {
  if (file === undefined) return null;
  const path = workspace.here(file);
  try {
    if ((await stat(path)).size > MAX_EVALUATED_BYTES) throw new Error(`more than ${MAX_EVALUATED_BYTES} bytes`);
    return parseFile(Evaluated, file, await readFile(path), { print: JSON.stringify, maxBytes: MAX_EVALUATED_BYTES });
  } catch (error) {
    say(`no usable evaluation in ${file}: ${(error as Error).message}`);
    return null;
  }
}
