import * as z from 'zod';

/** Something the gate found. `code` is stable; `message` is for people. A warning is shown, and blocks nothing. */
export const Finding = z.strictObject({
  kind: z.enum(['passed', 'warned', 'failed', 'error']),
  code: z.string().regex(/^[a-z0-9-]{1,60}$/),
  message: z.string().max(2000),
});
export type Finding = z.infer<typeof Finding>;
export type FindingKind = Finding['kind'];

const MAX_MESSAGE = 2000;

export const finding = (kind: FindingKind, code: string, message: string): Finding => ({
  kind,
  code,
  message: message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1).toWellFormed()}…`,
});
export const passed = (code: string, message: string): Finding => finding('passed', code, message);
export const warned = (code: string, message: string): Finding => finding('warned', code, message);
export const failed = (code: string, message: string): Finding => finding('failed', code, message);
export const errored = (code: string, message: string): Finding => finding('error', code, message);

/** Text from a stranger, safe to show on one line: quoted, its control and direction characters escaped, cut. */
export const shown = (text: string): string =>
  JSON.stringify(text.length <= 200 ? text : `${text.slice(0, 199)}…`).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu,
    (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );

/** At most this many findings of one judgement are kept. */
export const MAX_FINDINGS = 100;

const ORDER: readonly FindingKind[] = ['error', 'failed', 'warned', 'passed'];

/** Sorts findings, the gravest first, and bounds their number. */
export function arranged(findings: readonly Finding[]): Finding[] {
  const sorted = ORDER.flatMap((kind) => findings.filter((f) => f.kind === kind));
  if (sorted.length <= MAX_FINDINGS) return sorted;
  const left = sorted.length - MAX_FINDINGS + 1;
  const gravest = (sorted[0] as Finding).kind;
  return [...sorted.slice(0, MAX_FINDINGS - 1), finding(gravest, 'and-more', `and ${left} more`)];
}

/**
 * `error` as soon as one thing cannot be trusted, `fail` as soon as one thing is wrong, else `pass`. Without a single
 * finding that passed, it is an `error`.
 */
export function resultOf(findings: readonly Finding[]): 'pass' | 'fail' | 'error' {
  if (findings.some((f) => f.kind === 'error')) return 'error';
  if (findings.some((f) => f.kind === 'failed')) return 'fail';
  return findings.some((f) => f.kind === 'passed') ? 'pass' : 'error';
}
