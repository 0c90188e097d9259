import { once } from 'node:events';
import { openTendedServer, type Server } from '../operations/serve.ts';
import type { Output } from '../output.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const serve: Command<Workspace> = {
  memory: 'serves',
  details:
    'The server verifies a new version, loads it beside the old one, tests it, and swaps without dropping a request. If the new version fails a check, the old version stays, and the refusal is recorded. After Ctrl-C the server finishes running requests and ends.',
  untilStopped: true,
  flags: [
    { flags: '--host <address>', description: 'address to listen on', setting: 'server.host' },
    { flags: '--port <number>', description: 'port; 0 for any free one', setting: 'server.port' },
    { flags: '--instance <name>', description: 'name of this server in the log', setting: 'server.instance' },
    { flags: '--model <name>', description: 'the model', setting: 'model' },
  ],
  examples: [['pawl serve --port 8080', 'on a port of your choice']],
  async run({ workspace, out, signal }) {
    const server = await openTendedServer(workspace);
    out.say(`listening on ${server.url}`);
    void server.ready().then(
      () => sayServed(out, server),
      () => {},
    );
    if (!signal.aborted) await once(signal, 'abort');
    await server.stop();
    return 0;
  },
};

export function sayServed(out: Output, server: Server): void {
  const { model } = server.state();
  if (model) out.say(`${model.name} v${model.version} answers`);
}
