/**
 * What the server does about webhooks; made by whoever starts it. A hint says that something may have changed, never what:
 * whoever takes one looks for himself, so hints may be lost, repeated, late, and in any order.
 */
export type Hooks = {
  /** What the forge signs with. */
  readonly secret: string;
  /** The registry's name on its forge, as `owner/name`; null if no webhook can be about it. */
  readonly registry: string | null;
  /** The same for the training repository. */
  readonly training: string | null;
  /** Returns at once, never throws, and bears being called a thousand times a second. */
  readonly onRegistry: () => void;
  /** As `onRegistry`. */
  readonly onTraining: () => void;
};
