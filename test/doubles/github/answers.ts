/** The answer of an operation. A `Buffer` is sent as it is, anything else as JSON. */
export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

export const ok = (body: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  body,
  headers,
});
export const created = (body: unknown): Answer => ({ status: 201, body });
export const noContent: Answer = { status: 204 };

/** An error answer in GitHub's form. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly unknown[] | string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    more: { errors?: readonly unknown[] | string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.errors = more.errors ?? null;
    this.headers = more.headers ?? {};
  }

  get answer(): Answer {
    const body = {
      message: this.message,
      ...(this.errors && { errors: this.errors }),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
    return { status: this.status, body, headers: this.headers };
  }
}

export const notFound = (): Refusal => new Refusal(404, 'Not Found');

/** GitHub's answer 422 about one field. */
export const invalid = (resource: string, field: string, code: string, message?: string): Refusal =>
  new Refusal(422, 'Validation Failed', { errors: [{ resource, field, code, ...(message && { message }) }] });

/** @throws {Refusal} 422 if a text is longer than GitHub accepts */
export function checkLength(resource: string, field: string, text: string | null | undefined, max: number): void {
  if (text && text.length > max)
    throw invalid(resource, field, 'custom', `${field} is too long (maximum is ${max} characters)`);
}
