import { once } from 'node:events';
import { openTendedServer, type Server } from '../operations/serve.ts';
import type { Output } from '../output.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const serve: Command<Workspace> = {
  memory: 'serves',
  details:
    'A new version is verified, loaded beside the old one, tested, and swapped in without dropping a request. If anything about it is wrong, the old one stays, and the refusal is recorded. Ctrl-C finishes what is running.',
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
