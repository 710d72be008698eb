import { pageFor } from './TokenLink';

const github = { id: 'github', type: 'github' };
const read = 'contents=read&deployments=read&issues=read&pull_requests=read';

test('a token is made where the source is, for whom it reads, with what it needs', () => {
  expect(pageFor({ ...github, repositories: ['!a/b', 'example-health/*'] }, false)).toBe(
    `https://github.com/settings/personal-access-tokens/new?name=Live+DORA&target_name=example-health&${read}`
  );
  expect(
    pageFor({ ...github, url: 'https://forge.example/api/v3', deployments: { from: 'workflow_runs' } }, false)
  ).toBe(`https://forge.example/settings/personal-access-tokens/new?name=Live+DORA&${read}&actions=read`);
  expect(pageFor({ ...github, url: 'https://api.octo.ghe.com' }, true)).toBe(
    `https://octo.ghe.com/settings/apps/new?name=Live+DORA&public=false&webhook_active=false&${read}`
  );
});

test('where nobody knows the site of an address, no link leads astray', () => {
  expect(pageFor({ ...github, url: 'http://127.0.0.1:4711' }, false)).toBeUndefined();
});
