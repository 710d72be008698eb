import { faultsOfSource } from './sourceFaults';
import { Source } from './settings';
import { allFields, systemOf, systems, wayOf, withChoice, withValue, withWay } from './systems';
import { faultsOf } from './validate';

const github = systemOf('github')!;
const source: Source = { id: 'forge', type: 'github', repositories: ['example-health/*'] };
const from = allFields(github).find(({ key }) => key === 'deployments.from')!;
const api = allFields(github).find(({ key }) => key === 'api')!;

test('a value is put where its key says, and leaves nothing empty when it goes', () => {
  const incidents = withValue(source, 'incidents.labels', ['incident']);
  expect(incidents).toEqual({ ...source, incidents: { labels: ['incident'] } });
  expect(withValue(incidents, 'incidents.labels', undefined)).toEqual(source);
});

test('what belongs to a choice goes with it, and a default is written where it is stated', () => {
  const runs = withValue(withChoice(github, source, from, 'workflow_runs'), 'deployments.workflow', '^deploy');
  const live = withValue(runs, 'deployments.environment', 'live');
  expect(withChoice(github, live, from, 'tags').deployments).toEqual({ from: 'tags', environment: 'live' });
  expect(withChoice(github, live, from, 'deployments').deployments).toEqual({ from: 'deployments' });
  expect(withChoice(github, { ...source, api: 'rest' }, api, 'auto')).toEqual(source);
});

test('the way in is the first until a key or a secret of another is there', () => {
  const access = github.access!;
  const [token, app] = access.ways;
  expect(wayOf(access, source, () => false)).toBe(token);
  expect(wayOf(access, source, (name) => name === 'token')).toBe(token);
  expect(wayOf(access, source, (name) => name === 'appPrivateKey')).toBe(app);
  const chosen = withWay(access, source, app);
  expect(wayOf(access, chosen, () => false)).toBe(app);
  expect(chosen).toEqual({ ...source, appId: '', installationId: '' });
  expect(withWay(access, chosen, token)).toEqual(source);
});

test('a way in is configured wholly', () => {
  const whole = 'a GitHub App needs appId, installationId and the secret sources.forge.appPrivateKey';
  expect(faultsOfSource({ ...source, appId: '', installationId: 'installations/42' })).toMatchObject({
    appId: `is missing; ${whole}`,
    installationId: "is not allowed; allowed: the number at the end of the installation's address",
  });
});

test('a choice that was written by hand and is none is told beside its field', () => {
  expect(faultsOfSource({ ...source, deployments: { from: 'pushes' } })['deployments.from']).toBe(
    '"pushes" is not allowed; allowed: deployments, workflow_runs, releases, tags, merges'
  );
});

test('a type that is none is answered with those that there are', () => {
  expect(faultsOf({ sources: [{ id: 'a', type: 'gitea' }] })).toEqual({
    'sources[0].type': `Type: "gitea" is not allowed; allowed: ${systems.map(({ type }) => type).join(', ')}`,
  });
});

test.each(systems)('a new source of type $type says what it lacks, and no more', (system) => {
  const required = allFields(system).filter(({ key, required }) => required !== undefined && !key.includes('.'));
  const faults = Object.entries(faultsOfSource({ id: 'new', type: system.type })).filter(([, fault]) => fault);
  expect(faults.map(([key]) => key)).toEqual(required.map(({ key }) => key));
});
