import type { StoredArtifact } from '../../registry-repo/artifacts/artifacts.ts';
import { bytes, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const artifactsList: Command<Workspace> = {
  json: true,
  examples: [['pawl artifacts list', 'every digest with its size']],
  async run({ workspace, out }) {
    const found: StoredArtifact[] = [];
    for await (const artifact of workspace.artifacts().list()) found.push(artifact);
    found.sort((a, b) => a.storedAt.getTime() - b.storedAt.getTime());
    out.result(found, () => {
      const total = found.reduce((sum, a) => sum + a.sizeBytes, 0);
      const rows = found.map((a) => [a.digest, bytes(a.sizeBytes), a.storedAt.toISOString()]);
      return found.length === 0
        ? 'no artifacts'
        : `${textTable(['digest', 'size', 'stored'], rows, [1])}\n\n${found.length} artifacts, ${bytes(total)}`;
    });
    return 0;
  },
};
