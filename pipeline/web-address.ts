import * as z from 'zod';
import { secretIn } from './secret-in-address.ts';

/**
 * An http(s) address without anything secret in it: `pawl config` prints it, messages name it, and events record it for good.
 * As a signature or a token is as secret in the query as a password before the host, it has neither.
 *
 * @param instead how to give the credentials, for who wanted to; messages never repeat the address
 */
export const webAddress = (instead: string) =>
  z.url({ protocol: /^https?$/ }).superRefine((address, context) => {
    const message = secretIn(address, instead);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
