import type { Command } from '../../events/envelope.ts';
import type { EventStore } from '../../events/store.ts';
import type { Artifacts } from '../../registry-repo/artifacts/artifacts.ts';
import type { Identity } from '../../registry-repo/git-commit.ts';
import type { Key } from '../../registry-repo/policy.ts';
import type { SigningKey } from '../../registry-repo/verdict/keys.ts';
import type { Forge } from '../forge/forge.ts';
import type { Gate } from './gate.ts';

/** Everything that promotions touch. */
export type PromotionPorts = {
  readonly store: EventStore;
  readonly artifacts: Artifacts;
  readonly forge: Forge;
  readonly gate: Gate;
  /** The gate keys that this machine trusts. */
  readonly trusted: readonly Key[];
  readonly logKey: SigningKey;
  readonly by: Identity;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly command: Pick<Command, 'actor' | 'source'>;
  /** Shows a remark to the user. */
  readonly say: (line: string) => void;
};
