import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { NetworkSettingError } from './errors.ts';
import type { Env } from './proxies.ts';

/**
 * The authorities to trust, in PEM. `SSL_CERT_FILE` stands instead of those that come with Node, as it does for OpenSSL and git;
 * `SSL_CERT_DIR` (of names as `openssl rehash` makes them), `GIT_SSL_CAINFO` and `NODE_EXTRA_CA_CERTS` add to them.
 *
 * @returns null where no variable is set, and Node's own way is right
 * @throws {NetworkSettingError} if a file cannot be read or holds no certificate
 */
export function trustedAuthorities(env: Env): string[] | null {
  const instead = fromFile('SSL_CERT_FILE', env);
  const beside = [
    fromFolders('SSL_CERT_DIR', env),
    fromFile('GIT_SSL_CAINFO', env),
    fromFile('NODE_EXTRA_CA_CERTS', env),
  ].filter((found) => found !== null);
  if (instead === null && beside.length === 0) return null;
  return [...new Set([...(instead ?? rootCertificates), ...beside.flat()])];
}

function fromFile(variable: string, env: Env): string[] | null {
  const path = env[variable];
  return path ? read(variable, path) : null;
}

function fromFolders(variable: string, env: Env): string[] | null {
  const folders = env[variable]?.split(delimiter).filter(Boolean) ?? [];
  if (folders.length === 0) return null;
  return folders.flatMap((folder) => {
    const files = attempt(variable, folder, () => readdirSync(folder));
    return files.filter((file) => HASHED.test(file)).flatMap((file) => read(variable, join(folder, file)));
  });
}

const HASHED = /^[0-9a-f]{8}\.\d+$/;

function read(variable: string, path: string): string[] {
  const text = attempt(variable, path, () => readFileSync(path, 'latin1'));
  const found = text.match(/-----BEGIN (TRUSTED )?CERTIFICATE-----[^-]+-----END (TRUSTED )?CERTIFICATE-----/g) ?? [];
  if (found.length === 0)
    throw new NetworkSettingError(variable, `names ${path}, which holds no certificate in PEM form`);
  for (const certificate of found) attempt(variable, path, () => new X509Certificate(certificate));
  return found;
}

function attempt<T>(variable: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const problem = `names ${path}, which cannot be read (${code ?? message}): correct it, or unset ${variable}`;
    throw new NetworkSettingError(variable, problem, { cause });
  }
}
