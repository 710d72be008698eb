import { Service } from '../settings/settings';
import { csv } from './csv';
import { differenceOf } from './difference';
import { faultsByLine, takenOver, TextForm } from './reading';
import { yaml } from './yaml';

const sources = [{ id: 'github', type: 'github', repositories: ['example-health/*'] }];
const services = [
  {
    name: 'prescriptions',
    team: 'medicines, "central"',
    deployments: [
      {
        source: 'github',
        repository: 'example-health/medicines-api',
        environment: '^(prod|live); $',
        tagPrefix: 'v',
        task: 'deploy: all # of it',
        paths: ['rx/**', '!rx/docs/**'],
      },
      { source: 'github', tier: 'production', code: { source: 'github', repository: 'example-health/code' } },
    ],
    incidents: [{ source: 'github', service: '500', labels: ['sev 1', 'true'], excludeLabels: ['test'] }],
  },
  { name: 'triage', teams: ['core', 'urgent care'], incidents: [{ source: 'github' }] },
  { name: 'no', team: '@example-health/core' },
  { match: { repository: 'acme/{team}-{service}' }, team: '{team}' },
  {
    match: { source: 'github', property: { squad: '{team}', tier: 'gold' }, path: 'services/{service}/**' },
    name: '{team}-{service}',
    deployments: [{ paths: ['services/{service}/**'] }],
    incidents: [{ source: 'github', labels: ['service:{service}'] }],
  },
] as Service[];

const forms: Array<[string, TextForm]> = [
  ['YAML', yaml],
  ['CSV', csv],
];

test.each(forms)('services read back from %s as they were written', async (_, form) => {
  const read = await form.read(await form.write(services));
  expect(faultsByLine(read, { sources })).toEqual([]);
  expect(read.services).toEqual(services);
  expect(takenOver(services, read, true)).toEqual(services);
  expect(await form.read(await form.write([]))).toMatchObject({ services: [], wrong: [] });
});

test('what is wrong in YAML is told with its line', async () => {
  const read = await yaml.read(
    [
      'services:',
      '  - name: prescriptions',
      '    teem: medicines',
      '    deployments:',
      '      - source: github',
      '        environment: (',
      '        paths: rx/**',
      '  - name: prescriptions',
      '    incidents: [{source: forge}]',
      '  - team: nobody',
    ].join('\n')
  );
  expect(faultsByLine(read, { sources })).toEqual([
    { line: 3, says: '"teem" is unknown; allowed: match, name, team, teams, deployments, incidents' },
    { line: 6, says: 'Environment pattern: "(" is not a regular expression' },
    { line: 7, says: 'paths is not allowed so; allowed: a list of texts, one a line with - in front' },
    { line: 8, says: 'Name: "prescriptions" is there twice; each service needs a name of its own' },
    { line: 9, says: 'Incidents in: "forge" is no source\'s id; allowed: github' },
    { line: 10, says: 'Name: is missing' },
  ]);
  expect((await yaml.read('services:\n  - name: "a\n')).wrong).toMatchObject([{ line: 2 }]);
  expect((await yaml.read('- name: a\n- name: b')).services).toEqual([{ name: 'a' }, { name: 'b' }]);
});

test('what is wrong in a table is told with its row', async () => {
  const read = await csv.read(
    'name;owner;entry;source;environment;labels\n' +
      'rx;;deployments;github;"^prod$";\n' +
      'rx;;incidents;github;;"sev 1\nsev 2"\n' +
      'triage;;deployments;github;(;\n' +
      'triage;;deployments;github;;urgent\n' +
      'triage;;pipelines;github;;\n'
  );
  expect(faultsByLine(read, { sources })).toEqual([
    {
      line: 1,
      says: 'the column "owner" is unknown; allowed: match.source, match.repository, match.group, match.topic, match.property, match.environment, match.tier, match.task, match.tagPrefix, match.path, name, team, teams, entry, source, repository, environment, tier, tagPrefix, task, paths, code.source, code.repository, service, labels, excludeLabels',
    },
    { line: 5, says: 'Environment pattern: "(" is not a regular expression' },
    { line: 6, says: 'labels is nothing that deployments have' },
    { line: 7, says: 'the entry "pipelines" is not allowed; allowed: deployments, incidents' },
  ]);
  expect(read.services[0].incidents).toEqual([{ source: 'github', labels: ['sev 1', 'sev 2'] }]);
  expect((await csv.read('name,team\na,"b')).wrong).toEqual([
    { line: 2, says: 'a quotation mark begins here and does not end' },
  ]);
});

test('a table of names and teams gives services their teams, and nothing else', async () => {
  const read = await csv.read('name,team\ntriage,urgent care\nbooking,front door\n');
  const after = takenOver(services, read, false);
  expect(after).toEqual([
    services[0],
    { ...services[1], team: 'urgent care' },
    ...services.slice(2),
    { name: 'booking', team: 'front door' },
  ]);
  expect(differenceOf(services, after)).toEqual({
    added: ['booking'],
    removed: [],
    changed: ['triage: team none → urgent care'],
    moved: false,
  });
  expect(differenceOf(services, takenOver(services, read, true)).removed).toEqual([
    'prescriptions',
    'no',
    '{service}',
    '{team}-{service}',
  ]);
  expect(differenceOf(services, [services[1], services[0]]).moved).toBe(true);
});
