import { publicKeyOf } from '../../registry-repo/verdict/keys.ts';
import { requireKey } from '../keys.ts';
import { type Published, publish } from '../promotion/publish.ts';
import { watchGate } from '../promotion/watch-gate.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, EXIT } from './command.ts';

/** How often to look for pull requests, and for new commits and approvals of the known ones. */
const LOOK_MS = 10_000;

export const gateWatch: Command<Workspace> = {
  memory: 'computes',
  untilStopped: true,
  details:
    'The gate of people who do not have its key: they propose with `registry.gate: watch`, and this machine judges every open pull request, sets its status, merges what passes, and records nothing. It needs the gate’s key, a token that may merge, and the store with the models. A commit with a verdict is not scored again; what this machine could not judge is tried again after 10 minutes. With --once, exit code 3 if it could not judge something.',
  flags: [{ flags: '--once', description: 'answer what is open now, and end' }],
  examples: [
    ['pawl gate watch', 'until stopped, on the machine with gate.pem'],
    ['pawl gate watch --once', 'from cron'],
  ],
  async run({ workspace, out, flags, signal }) {
    const once = flags.once === true;
    const key = requireKey(workspace.keys(), 'gate', workspace.config.keys.path);
    const own = publicKeyOf(key, { role: 'gate', from: new Date(0).toISOString(), until: null });
    const [forge, now, measured] = [workspace.forge(), workspace.clock, workspace.judge(key, signal)];
    const judge: typeof measured = async (question) => {
      const answer = await measured(question);
      signal.throwIfAborted(); // a stopped scoring is no answer
      return answer;
    };
    const say = (line: string) => out.say(line);
    const ports = { forge, by: workspace.config.registry.author, trusted: [own], now, judge, say };
    if (!once) say(`watches ${forge.location}`);
    const watching = watchGate(
      {
        ...{ forge, now, signal, complain: say },
        publish: (pull) => publish(ports, { ...pull, evaluated: 'here' }),
        onAnswer: (number, published) => say(`pull request ${number}: ${line(published)}`),
      },
      { everyMs: LOOK_MS, once },
    );
    const well = await Promise.race([watching, stopped(signal)]);
    return well || !once ? EXIT.done : EXIT.failed;
  },
};

const line = (p: Published): string => (p.outcome === 'merged' ? `merged as ${p.commit}` : `${p.outcome}: ${p.detail}`);

/** Whatever it does may be cut off: a look that comes later finds it half done. */
const stopped = (signal: AbortSignal): Promise<true> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(true);
    signal.addEventListener('abort', () => resolve(true), { once: true });
  });
