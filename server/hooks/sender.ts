/** How one kind of forge sends its webhooks. Header names are in lower case. */
export type Sender = {
  readonly name: string;
  readonly eventHeader: string;
  readonly deliveryHeader: string;
  readonly signatureHeader: string;
  /** The form of a signature. Anything else is refused before the body is read. */
  readonly signature: RegExp;
  /** Whether these exact bytes were signed with the secret. Takes the same time for every wrong signature. */
  readonly verify: (secret: string, body: Uint8Array, signature: string) => Promise<boolean>;
  /** Names of the events about pull requests and their statuses, besides `push`. */
  readonly events: ReadonlySet<string>;
};
