/** How one kind of forge sends its webhooks. Header names are in lower case. */
export type Sender = {
  readonly name: string;
  readonly eventHeader: string;
  readonly deliveryHeader: string;
  readonly signatureHeader: string;
  /** What a signature looks like; anything else is refused before the body is read. */
  readonly signature: RegExp;
  /** Whether somebody who knows the secret signed exactly these bytes. Takes as long for a wrong signature as for another. */
  readonly verify: (secret: string, body: Uint8Array, signature: string) => Promise<boolean>;
  /** Events about pull requests and their statuses, besides `push`. */
  readonly events: ReadonlySet<string>;
};
