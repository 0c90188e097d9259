import { decode } from '../../../events/decode.ts';
import type { EventStore } from '../../../events/store.ts';
import { runStream } from '../../../events/streams.ts';
import { digestOf } from '../../../registry-repo/digest.ts';
import { CARD_FILE, MANIFEST_FILE, type Manifest, PLOT_FILES, versionFolder } from '../../../registry-repo/manifest.ts';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import type { ObjectId } from '../../../registry-repo/values.ts';
import type { Forge } from '../../forge/forge.ts';
import type { ReportFacts } from './facts.ts';

/** Larger cards are not read for a report, which shows only a part of them. */
const MAX_CARD_BYTES = 200_000;

type Ports = { readonly forge: Pick<Forge, 'git' | 'fileUrl'>; readonly store?: EventStore };
type Wanted = { readonly manifest: Manifest; readonly version: number; readonly head: ObjectId | null };

/**
 * What a report shows besides the numbers. It is for people: what cannot be read is left out.
 *
 * @param wanted `head`: the commit that has the version's files
 */
export async function readExtras(
  { forge, store }: Ports,
  { manifest, version, head }: Wanted,
): Promise<Required<Pick<ReportFacts, 'card' | 'fileUrl' | 'trigger'>>> {
  const folder = versionFolder(manifest.model, version);
  const tree = head === null ? null : new RegistryAt(forge.git, head);
  const urls = new Map<string, string | null>();
  const shown: { readonly path: string; readonly sizeBytes?: number }[] = [
    { path: MANIFEST_FILE },
    ...manifest.files.filter((f) => PLOT_FILES.includes(f.path)),
  ];
  for (const { path, sizeBytes } of shown) {
    const found = await tree?.stat(`${folder}/${path}`).catch(() => null);
    if (head && found && found.sizeBytes === (sizeBytes ?? found.sizeBytes))
      urls.set(`${folder}/${path}`, forge.fileUrl(head, `${folder}/${path}`));
  }
  return {
    card: tree && (await cardOf(tree, manifest, folder).catch(() => null)),
    fileUrl: (path) => urls.get(path) ?? null,
    trigger: store ? await triggerOf(store, manifest.run.id).catch(() => null) : null,
  };
}

async function cardOf(tree: RegistryAt, { files }: Manifest, folder: string): Promise<string | null> {
  const listed = files.find((f) => f.path === CARD_FILE);
  if (!listed) return null;
  const bytes = await tree.file(`${folder}/${CARD_FILE}`, MAX_CARD_BYTES);
  return digestOf(bytes) === listed.digest ? bytes.toString('utf8') : null;
}

async function triggerOf(store: EventStore, runId: string): Promise<(ReportFacts['trigger'] & {}) | null> {
  const [first] = await store.readStream(runStream(runId), { limit: 1 });
  const event = first && decode(first);
  return event?.type === 'TrainingRunStarted' ? event.data.trigger : null;
}
