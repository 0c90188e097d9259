import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { refuseJobToken, tokenCredentials } from '../../../../pipeline/forge/github/credentials.ts';
import { webOf } from '../../../../pipeline/forge/github/open.github.ts';
import { refuseBroadScopes } from '../../../../pipeline/forge/github/scopes.ts';
import { type ApiError, apiError } from '../../../../pipeline/forge/rest/failures.ts';

const credentials = suite('credentials for GitHub');

credentials('a token of ours counts before those of GitHub’s tools; an empty one is none', async () => {
  const env = { GH_TOKEN: 'gh', GITHUB_TOKEN: 'github' };
  const of = (secret: string | null, over = {}) => tokenCredentials(secret, { ...env, ...over }).token();
  assert.equal([await of('ours'), await of(null), await of(null, { GH_TOKEN: '' })], ['ours', 'gh', 'github']);
  assert.throws(() => tokenCredentials(null, { GH_TOKEN: '' }), /PAWL_SECRET_FORGE_TOKEN/);
});

credentials('a job’s own token opens no pull requests, others do', () => {
  const job = { GITHUB_ACTIONS: 'true', GITHUB_TOKEN: 'ghs_abc' };
  assert.throws(() => refuseJobToken(tokenCredentials(null, job)), /start no workflow/);
  assert.throws(() => refuseJobToken(tokenCredentials('ghs_abc', job)), /GitHub App/);
  refuseJobToken(tokenCredentials('ghs_of_an_app', job));
  refuseJobToken(tokenCredentials('ghs_abc', { GITHUB_TOKEN: 'ghs_abc' }));
});

credentials('attack 56: a classic token that could rewrite the rules is refused', () => {
  for (const scopes of ['repo, workflow', 'admin:org', 'delete_repo', 'repo,admin:repo_hook'])
    assert.throws(() => refuseBroadScopes(scopes), /fine-grained/);
  for (const scopes of [undefined, '', 'repo', 'public_repo, read:org']) refuseBroadScopes(scopes);
});

credentials('a server’s words are bounded and plain, and say what to do', () => {
  const thrown = (status: number, message: string, headers = {}) =>
    apiError('GET /x', {
      status,
      message,
      response: { headers, data: { message, errors: [{ field: 'f', code: 'c' }] } },
    });
  const hostile = thrown(422, `\u001b[31m\u202e${'x'.repeat(5000)}`);
  assert.ok(hostile.message.length < 1000 && !/\p{Cc}|\u202e/u.test(hostile.message));
  assert.is((hostile as ApiError).status, 422);
  const reasons = [500, 502, 401, 403, 404].map((status) => thrown(status, 'm').reason);
  assert.equal(reasons, ['unreachable', 'unreachable', 'refused', 'refused', 'refused']);
  assert.match(thrown(403, 'You have exceeded a secondary rate limit', { 'retry-after': '60' }).message, 'in 60 s');
  assert.match(
    thrown(403, 'API rate limit exceeded', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225600' }).message,
    '2026-01-01T00:00:00.000Z',
  );
  assert.is(apiError('GET /x', new TypeError('fetch failed')).reason, 'unreachable');
});

credentials('knows where a server’s pages are', () => {
  assert.equal(
    [null, 'https://api.github.com', 'https://ghe.example.org/api/v3', 'https://api.octo.ghe.com'].map(webOf),
    ['https://github.com', 'https://github.com', 'https://ghe.example.org', 'https://octo.ghe.com'],
  );
});

credentials.run();
