import { RegistryError } from '../errors.ts';

/** A variable about proxies or certificates that cannot be followed. Nothing was sent: to go on without it would be to go around. */
export class NetworkSettingError extends RegistryError {
  readonly code = 'network_setting';
  readonly variable: string;
  constructor(variable: string, problem: string, options?: ErrorOptions) {
    super(`${variable} ${problem}`, options);
    this.variable = variable;
  }
}

/** Why `fetch` had no answer: it says "fetch failed", and the reason is in what caused that. */
export function faultOf(error: unknown): string {
  const { message, cause } = (error ?? {}) as { message?: string; cause?: NodeJS.ErrnoException };
  return cause?.code ?? (cause?.message || String(message ?? error));
}
