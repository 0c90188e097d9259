import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addressProblem, fullNameOf, isUrl, plainUrl } from '../../../pipeline/config/address.ts';

const address = suite('address of a training repository');

address('a path, an https URL, and http on this machine will do', () => {
  for (const good of [
    '../reviews',
    '/srv/git/reviews.git',
    'C:/reviews',
    'https://github.com/org/reviews',
    'https://host:8443/a/b/c.git',
    'http://127.0.0.1:3000/org/reviews.git',
    'http://localhost/org/reviews',
    'http://[::1]:80/org/reviews',
  ])
    assert.is(addressProblem(good), null, good);
});

address('credentials, other protocols and options are refused, and none is repeated', () => {
  for (const bad of [
    'https://hunter2@github.com/org/reviews',
    'https://user:hunter2@github.com/org/reviews',
    'https://:hunter2@github.com/org/reviews',
    'https://github.com/org/reviews?token=hunter2',
    'https://github.com/org/reviews#hunter2',
    'http://example.org/org/reviews',
    'http://localhost.example.org/org/reviews',
    'http://127.0.0.1.example.org/org/reviews',
    'ssh://git@github.com/org/reviews',
    'git@github.com:org/reviews.git',
    'ext::sh -c id://x',
    'ext://x',
    'file:///srv/git/reviews.git',
    'https://',
  ]) {
    const problem = addressProblem(bad);
    if (bad.startsWith('ext::')) assert.is(isUrl(bad), false, 'a path, and nothing else');
    else assert.ok(problem, bad);
    assert.not.match(problem ?? '', 'hunter2');
  }
});

address('one repository has one name, as GitHub Actions and webhooks give it', () => {
  for (const url of [
    'https://GitHub.com/Org/reviews.git',
    'https://github.com/Org/reviews/',
    'https://github.com/Org/reviews',
  ])
    assert.is(plainUrl(url), 'https://github.com/Org/reviews');
  assert.is(fullNameOf('https://github.com/org/reviews.git'), 'org/reviews');
  assert.is(fullNameOf('https://host/prefix/org/reviews/'), 'org/reviews');
  assert.is(fullNameOf('/srv/git/org/reviews.git'), 'org/reviews');
  assert.is(fullNameOf('https://host/alone'), null);
});

address.run();
