import * as z from 'zod';
import { secretIn } from './secret-in-address.ts';

/**
 * An http(s) address without secrets: `pawl config` prints it, messages name it, and events keep it for ever. It has
 * neither a query nor a password, because a signature or token in the query is as secret as a password before the host.
 *
 * @param instead how to give the credentials; messages say this and never repeat the address
 */
export const webAddress = (instead: string) =>
  z.url({ protocol: /^https?$/ }).superRefine((address, context) => {
    const message = secretIn(address, instead);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
