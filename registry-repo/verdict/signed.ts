import * as z from 'zod';
import { digestOf } from '../digest.ts';
import { MalformedFileError, RegistryError } from '../errors.ts';
import { parseFile } from '../file.ts';
import { canBeFor } from '../identity.ts';
import type { Key } from '../policy.ts';
import type { Digest } from '../values.ts';
import { readEnvelope, seal, signers } from './dsse.ts';
import { isValid, type SigningKey } from './keys.ts';
import { statementOf } from './statement.ts';
import { Verdict } from './verdict.ts';

/** A verdict that must not be trusted. `reason` is stable. */
export class VerdictInvalidError extends RegistryError {
  readonly code = 'verdict_invalid';
  readonly reason:
    | 'malformed'
    | 'untrusted'
    | 'key-out-of-time'
    | 'key-ended'
    | 'other-registry'
    | 'inconsistent'
    | 'mismatch'
    | 'void'
    | 'replayed';
  constructor(reason: VerdictInvalidError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** A thousand labels make a million counts, three times over. */
const MAX_VERDICT_BYTES = 64 * 1024 * 1024;

const CLOCK_SKEW_MS = 300_000;

const print = (value: unknown): string => JSON.stringify(value);

/** A verdict's one file: an in-toto statement in a DSSE envelope, signed. */
export const signVerdict = (verdict: Verdict, key: SigningKey): Buffer =>
  seal(PAYLOAD_TYPE, Buffer.from(print(statementOf(Verdict.parse(verdict))), 'utf8'), key);

/** The registry that a verdict names, in words. */
export const named = ({ registry }: Pick<Verdict, 'registry'>): string =>
  registry === undefined ? 'no registry by name' : `the registry ${registry}`;

/** Unknown members are allowed, because the statement is rebuilt from the verdict and compared. */
const Statement = z.looseObject({ predicate: z.looseObject({ pawl: Verdict }) });

/**
 * A verdict with a valid signature, and the trusted keys that have signed it. Only main tells whether one of them still
 * stood.
 */
export type OpenedVerdict = { readonly verdict: Verdict; readonly digest: Digest; readonly keys: readonly Key[] };

/**
 * Verifies a verdict: who signed it, that it claims no moment outside that key's window, that it is for the registry
 * that the key is trusted for, and that the statement says nothing but what the verdict in it says. It does not verify
 * that the key had not been ended: main's own line tells that (`verifyMerge`, `misfits`).
 *
 * @param keys trusted keys, pinned by the caller
 * @param at now: a verdict from the future is refused, with some tolerance for clocks
 * @throws {VerdictInvalidError}
 */
export function openVerdict(bytes: Uint8Array, keys: readonly Key[], at: Date): OpenedVerdict {
  try {
    const envelope = readEnvelope('verdict', bytes, MAX_VERDICT_BYTES);
    if (envelope.payloadType !== PAYLOAD_TYPE)
      throw new VerdictInvalidError('malformed', `the verdict's payload is ${envelope.payloadType}`);
    const trusted = signers(
      envelope,
      keys.filter((key) => key.role === 'gate'),
    );
    if (trusted.length === 0)
      throw new VerdictInvalidError(
        'untrusted',
        `no trusted gate key has signed this verdict (it names ${envelope.signatures.map((s) => s.keyid).join(', ')})`,
      );
    const payload = Buffer.from(envelope.payload, 'base64');
    const statement = parseFile(Statement, 'verdict', payload, { print, maxBytes: MAX_VERDICT_BYTES });
    const verdict = statement.predicate.pawl;
    if (print(statementOf(verdict)) !== payload.toString('utf8'))
      throw new VerdictInvalidError('inconsistent', 'the statement says something else than the verdict in it');
    if (verdict.judgedAt > new Date(at.getTime() + CLOCK_SKEW_MS).toISOString())
      throw new VerdictInvalidError(
        'key-out-of-time',
        `the verdict is of ${verdict.judgedAt}, and your clock says ${at.toISOString()}: set the clock of this machine, or of the gate's`,
      );
    const inTime = trusted.filter((k) => isValid(k, 'gate', verdict.judgedAt));
    if (inTime.length === 0)
      throw new VerdictInvalidError(
        'key-out-of-time',
        `${trusted.map((k) => k.id).join(', ')} did not count at ${verdict.judgedAt}, when the gate's clock says that this was judged`,
      );
    const here = inTime.filter(({ registry }) => !registry || canBeFor(registry, verdict));
    if (here.length === 0)
      throw new VerdictInvalidError(
        'other-registry',
        `the verdict is for ${named(verdict)}, and the keys that signed it are trusted for ${inTime.map((k) => k.registry?.id).join(', ')} alone`,
      );
    return { verdict, digest: digestOf(bytes), keys: here };
  } catch (cause) {
    if (cause instanceof MalformedFileError) throw new VerdictInvalidError('malformed', cause.message, { cause });
    throw cause;
  }
}

/** The promotion that a kept file says it is about, whoever wrote it; null if it does not say so as a verdict does. */
export function claimedPromotion(bytes: Buffer): string | null {
  try {
    const { payload } = Claimed.parse(JSON.parse(bytes.toString('utf8')));
    return ClaimedStatement.parse(JSON.parse(Buffer.from(payload, 'base64').toString('utf8'))).predicate.pawl.promotion;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

const Claimed = z.looseObject({ payload: z.string() });
const ClaimedStatement = z.looseObject({
  predicate: z.looseObject({ pawl: z.looseObject({ promotion: z.string() }) }),
});
