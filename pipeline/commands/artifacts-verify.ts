import { RegistryError } from '../../registry-repo/errors.ts';
import { textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const artifactsVerify: Command<Workspace> = {
  details: 'Exit code 1 if any bytes do not match their digest.',
  json: true,
  examples: [['pawl artifacts verify', 'has the disk kept its word?']],
  async run({ workspace, out }) {
    const store = workspace.artifacts();
    const digests: string[] = [];
    for await (const { digest } of store.list()) digests.push(digest);
    const corrupt: { digest: string; code: string; message: string }[] = [];
    for (const [i, digest] of digests.entries()) {
      try {
        await store.get(digest);
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        corrupt.push({ digest, code: error.code, message: error.message });
      }
      out.progress.update('reading artifacts', i + 1, digests.length);
    }
    out.result({ artifacts: digests.length, corrupt }, () =>
      corrupt.length === 0
        ? `${digests.length} artifacts, every one what its digest says`
        : textTable(
            ['digest', 'finding', 'what'],
            corrupt.map((c) => [c.digest, c.code, c.message]),
          ),
    );
    return corrupt.length === 0 ? 0 : 1;
  },
};
