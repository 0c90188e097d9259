import { toCloudEvent } from '../../events/cloud-events.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { wholeLog } from '../../events/store.ts';
import { UsageError } from '../operations/not-found.ts';
import type { Workspace } from '../workspace.ts';
import { writeOutput } from '../write-output.ts';
import { type Command, text } from './command.ts';

const FORMATS = ['jsonl', 'cloudevents'] as const;

export const eventsExport: Command<Workspace> = {
  details:
    'jsonl is the log itself, including bytes and hashes. cloudevents has one CloudEvents 1.0 object on each line, for brokers and other tools.',
  flags: [
    { flags: '--format <format>', description: `${FORMATS.join(' or ')} (default jsonl)` },
    { flags: '--output <file>', description: 'write here instead of to standard output' },
    { flags: '--after <position>', description: 'only what follows this position' },
  ],
  examples: [
    ['pawl events export --output log.jsonl', 'a copy that `sha256sum` and `jq` can read'],
    ['pawl events export --format cloudevents | head -1', 'one event as a CloudEvent'],
  ],
  async run(invocation) {
    const format = text(invocation, 'format') ?? 'jsonl';
    if (!FORMATS.some((f) => f === format))
      throw new UsageError(`--format takes ${FORMATS.join(' or ')}, not "${format}"`);
    const after = Number(text(invocation, 'after') ?? 0);
    if (!Number.isSafeInteger(after) || after < 0) throw new UsageError('--after takes a position');
    const print = format === 'jsonl' ? (e: StoredEvent) => e : (e: StoredEvent) => toCloudEvent(e, '/pawl/events');
    const { workspace, out } = invocation;
    const total = await workspace.logAsItIs().position();
    const lines = async function* () {
      for await (const page of wholeLog(workspace.logAsItIs(), { after })) {
        yield page.map((e) => `${JSON.stringify(print(e))}\n`).join('');
        out.progress.update('exporting events', page.at(-1)?.position ?? total, total);
      }
    };
    const file = text(invocation, 'output');
    if (file) await writeOutput(workspace.here(file), lines());
    else for await (const chunk of lines()) await out.write(chunk);
    return 0;
  },
};
