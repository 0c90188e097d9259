import { settings } from '../config/config.ts';
import { getIn } from '../config/layers.ts';
import { textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const configShow: Command<Workspace> = {
  details: 'Flags override PAWL_… variables, variables override pawl.yaml, and pawl.yaml overrides defaults.',
  json: true,
  examples: [
    ['pawl config', 'all settings'],
    ['PAWL_SERVER_PORT=9000 pawl config --json', 'for a script'],
  ],
  async run({ workspace, out }) {
    const { config, origin, file, root } = workspace.loaded;
    const lines = settings
      .map(({ path, env, description }) => ({
        setting: path.join('.'),
        value: getIn(config, path),
        origin: origin(path),
        env,
        description,
      }))
      .filter((line) => line.value !== undefined);
    out.result({ file, root, settings: lines }, () =>
      textTable(
        ['setting', 'value', 'from', 'variable'],
        lines.map((l) => [l.setting, JSON.stringify(l.value), l.origin, l.env]),
      ),
    );
    return 0;
  },
};
