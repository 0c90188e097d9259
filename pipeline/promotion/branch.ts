import { extendTree, signCheckpoint } from '../../events/checkpoint.ts';
import { decode } from '../../events/decode.ts';
import { Frontier } from '../../events/merkle.ts';
import { type EventStore, wholeStream } from '../../events/store.ts';
import { logStream } from '../../events/streams.ts';
import type { Promotion } from '../../projections/promotions.ts';
import type { Artifacts } from '../../registry-repo/artifacts/artifacts.ts';
import { printFile } from '../../registry-repo/file.ts';
import type { Git } from '../../registry-repo/git.ts';
import type { Identity } from '../../registry-repo/git-commit.ts';
import { CHECKPOINT_FILE, MANIFEST_FILE, type Manifest, versionFolder } from '../../registry-repo/manifest.ts';
import { type Production, productionPath } from '../../registry-repo/production.ts';
import { printProposalMessage } from '../../registry-repo/proposal-message.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import type { SigningKey } from '../../registry-repo/verdict/keys.ts';
import { logOrigin } from '../past/lacking.ts';
import { readCandidate } from './candidate.ts';
import { verbOf } from './title.ts';

/**
 * Deterministic, so that a repeated step finds its branch again. It is never used twice, because every attempt has a
 * new id.
 */
export const branchName = ({
  class: kind,
  model,
  candidate,
  id,
}: Pick<Promotion, 'class' | 'model' | 'candidate' | 'id'>): string =>
  `${kind === 'promotion' ? 'promote' : 'rollback'}/${model}/${candidate.version}-${id}`;

type Ports = {
  readonly store: EventStore;
  readonly artifacts: Artifacts;
  readonly git: Git;
  readonly by: Identity;
  readonly logKey: SigningKey;
};

/**
 * The commit that a promotion proposes, on top of a commit of main. The same log, base and promotion give the same
 * commit, so a repeated step makes no second one.
 */
export async function buildCommit(ports: Ports, promotion: Promotion, base: ObjectId): Promise<ObjectId> {
  const { git, by } = ports;
  const main = new RegistryAt(git, base);
  const files = new Map<string, ObjectId>();
  if (promotion.class === 'promotion') await addVersion(ports, promotion, main, files);
  files.set(productionPath(promotion.model), await git.writeBlob(printFile(await pointer(promotion, main))));
  const tree = await git.writeTree(base, files);
  const { version } = promotion.candidate;
  const title = `${verbOf(promotion.class)} ${promotion.model} to v${version}`;
  const message = printProposalMessage(title, { promotion: promotion.id, reason: promotion.reason });
  return git.writeCommit({ tree, parents: [base], message, by, time: new Date(promotion.proposedAt) });
}

async function pointer({ model, candidate, id }: Promotion, main: RegistryAt): Promise<Production> {
  const current = (await main.production(model))?.value ?? null;
  const previous = current && { version: current.version, manifest: current.manifest };
  return { schema: 'pawl.production/1', model, ...candidate, previous, promotion: id };
}

async function addVersion(
  ports: Ports,
  promotion: Promotion,
  main: RegistryAt,
  files: Map<string, ObjectId>,
): Promise<void> {
  const { git, artifacts } = ports;
  const folder = versionFolder(promotion.model, promotion.candidate.version);
  const { manifest, bytes } = await readCandidate(artifacts, promotion.candidate.manifest);
  const { registry, limits } = (await main.policy()).value;
  const { treeBytes } = limits;
  files.set(`${folder}/${MANIFEST_FILE}`, await git.writeBlob(bytes));
  files.set(
    `${folder}/${CHECKPOINT_FILE}`,
    await git.writeBlob((await checkpointOf(ports, promotion, registry?.id)).note),
  );
  for (const file of smallFiles(manifest, treeBytes))
    files.set(`${folder}/${file.path}`, await git.writeBlob(await artifacts.get(file.digest, treeBytes)));
}

const smallFiles = (manifest: Manifest, treeBytes: number) => manifest.files.filter((f) => f.sizeBytes <= treeBytes);

/** The log as it was when the promotion was proposed, signed for one registry. @param registry its id, if it has one */
export async function checkpointOf(
  { store, logKey }: Pick<Ports, 'store' | 'logKey'>,
  promotion: Promotion,
  registry: string | undefined,
) {
  const proposal = await store.find(promotion.eventIds[0] as string);
  const size = proposal?.position as number;
  const known = (await wholeStream(store, logStream)).map(decode);
  const last = known.findLast((e) => e.type === 'LogCheckpointed' && e.data.size <= size);
  const start =
    last?.type === 'LogCheckpointed'
      ? new Frontier(
          last.data.size,
          last.data.frontier.map((r) => Buffer.from(r, 'hex')),
        )
      : new Frontier();
  const tree = await extendTree(store, start, size);
  const origin = await logOrigin(store);
  const note = signCheckpoint(
    { origin, size, root: tree.root(), ...(registry && { registry }) },
    origin,
    logKey.privateKey,
  );
  return {
    note,
    size,
    root: `sha256:${tree.root().toString('hex')}`,
    frontier: tree.roots.map((r) => r.toString('hex')),
  };
}
