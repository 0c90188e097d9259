import * as z from 'zod';
import { ConfigError } from './config-error.ts';

const Pem = z
  .string()
  .transform((text) => text.replaceAll('\\n', '\n').trim())
  .refine((text) => text.startsWith('-----BEGIN '), 'a private key in PEM form');

/** Values that only environment variables may hold, by variable. A mistyped name is an error, as for a setting. */
const SECRETS = {
  PAWL_SECRET_FORGE_TOKEN: z.string().min(1).describe('Token for the forge: fine-grained, or of a GitHub App'),
  PAWL_SECRET_APP_KEY: Pem.describe('Private key of the GitHub App, PEM; line ends may be written as \\n'),
  PAWL_SECRET_WEBHOOK: z
    .string()
    .min(16, 'at least 16 characters')
    .describe('Secret that the forge signs webhooks with; without it the server accepts no webhooks'),
  PAWL_SECRET_GATE_KEY: Pem.describe('The gate’s signing key, PEM, for machines without keys.path'),
  PAWL_SECRET_LOG_KEY: Pem.describe('The log’s signing key, PEM, for machines without keys.path'),
} as const;

type Variable = keyof typeof SECRETS;

/** Secrets of this process; null where a variable is not set. */
export type Secrets = {
  readonly forgeToken: string | null;
  readonly appKey: string | null;
  readonly webhook: string | null;
  readonly gateKey: string | null;
  readonly logKey: string | null;
};

/** Every secret with its description, for the documents. */
export const secretVariables: readonly { readonly name: string; readonly description: string }[] = Object.entries(
  SECRETS,
).map(([name, schema]) => ({ name, description: schema.description ?? '' }));

/** @throws {ConfigError} naming every variable that is wrong, never its value */
export function readSecrets(env: Readonly<Record<string, string | undefined>>): Secrets {
  const problems = Object.keys(env)
    .filter((name) => name.startsWith('PAWL_SECRET_') && !Object.hasOwn(SECRETS, name))
    .map((name) => ({ path: '', origin: name, message: `no such secret: ${Object.keys(SECRETS).join(', ')}` }));
  const read = (name: Variable): string | null => {
    const text = env[name];
    if (text === undefined || text === '') return null; // a workflow passes a missing secret as an empty text
    const result = SECRETS[name].safeParse(text);
    if (result.success) return result.data;
    problems.push({ path: '', origin: name, message: result.error.issues.map((i) => i.message).join('; ') });
    return null;
  };
  const secrets: Secrets = {
    forgeToken: read('PAWL_SECRET_FORGE_TOKEN'),
    appKey: read('PAWL_SECRET_APP_KEY'),
    webhook: read('PAWL_SECRET_WEBHOOK'),
    gateKey: read('PAWL_SECRET_GATE_KEY'),
    logKey: read('PAWL_SECRET_LOG_KEY'),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return secrets;
}
