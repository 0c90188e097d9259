/**
 * What the server does when a webhook arrives. A hint says that something may have changed, never what: the receiver
 * checks for itself. So hints may be lost, repeated, late, and in any order.
 */
export type Hooks = {
  /** The secret that the forge signs with. */
  readonly secret: string;
  /** The registry's name on its forge, as `owner/name`; null if no webhook can be about it. */
  readonly registry: string | null;
  /** The same for the training repository. */
  readonly training: string | null;
  /** Returns at once, never throws, and may be called a thousand times a second. */
  readonly onRegistry: () => void;
  /** As `onRegistry`. */
  readonly onTraining: () => void;
};
