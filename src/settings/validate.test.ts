import { DoraOptions } from './settings';
import { faultsOf } from './validate';

const github = { id: 'github', type: 'github', repositories: ['example-health/*', '!example-health/archived-*'] };

test('the settings of the documentation have no fault', () => {
  const options: DoraOptions = {
    sources: [
      { ...github, url: 'https://forge.example/api/v3', incidents: { labels: ['incident'], severity: '^sev(\\d)$' } },
    ],
    services: [
      {
        name: 'prescriptions',
        team: 'medicines',
        deployments: [{ source: 'github', repository: 'example-health/medicines-api', environment: '^prod$' }],
        incidents: [{ source: 'github', repository: 'example-health/medicines-api', labels: ['service:x'] }],
      },
    ],
    production: '(?i)^(prod|production|live)$',
    definition: { bots: { pattern: '(?i)\\[bot\\]$' }, incidentWindow: '24h', hotfix: { branches: '^hotfix/' } },
    collect: { every: '1h', backfill: '365d' },
    store: { type: 'sqlite', path: '/var/lib/grafana/live-dora.db' },
  };
  expect(faultsOf(options)).toEqual({});
  expect(faultsOf({})).toEqual({});
});

test.each<[DoraOptions, string]>([
  [
    { sources: [{ ...github, id: '' }] },
    'Id: "" is not allowed; allowed: 1 to 64 letters, digits, - and _, the first a letter or digit',
  ],
  [
    { sources: [{ ...github, id: 'a.b' }] },
    'Id: "a.b" is not allowed; allowed: 1 to 64 letters, digits, - and _, the first a letter or digit',
  ],
  [{ sources: [github, github] }, 'Id: "github" is there twice; each source needs an id of its own'],
  [
    { sources: [{ ...github, repositories: [] }] },
    'Repositories: is missing; allowed: a list of owner/name, with * and ? for parts of a name and ! in front to leave out',
  ],
  [
    { sources: [{ ...github, repositories: ['!a/b'] }] },
    'Repositories: is missing; allowed: a list of owner/name, with * and ? for parts of a name and ! in front to leave out',
  ],
  [
    { sources: [{ ...github, repositories: ['a/b', 'medicines'] }] },
    'Repositories: "medicines" is not allowed; allowed: owner/name, with * and ? for parts of a name and ! in front to leave out',
  ],
  [
    { sources: [{ ...github, url: 'forge' }] },
    'URL: is not an address; allowed: https://HOST or http://HOST with a path',
  ],
  [
    { sources: [{ ...github, url: 'ftp://forge' }] },
    'URL: is not an address; allowed: https://HOST or http://HOST with a path',
  ],
  [
    { sources: [{ ...github, incidents: { labels: ['incident'], severity: '(' } }] },
    'Severity pattern: "(" is not a regular expression',
  ],
  [{ services: [{ name: '' }] }, 'Name: is missing'],
  [{ services: [{ name: 'rx' }, { name: 'rx' }] }, 'Name: "rx" is there twice; each service needs a name of its own'],
  [
    { sources: [github], services: [{ name: 'rx', deployments: [{ source: 'forge' }] }] },
    'Deployments in: "forge" is no source\'s id; allowed: github',
  ],
  [
    { sources: [github], services: [{ name: 'rx', incidents: [{ source: 'github', repository: 'rx' }] }] },
    'Repository: "rx" is not allowed; allowed: owner/name',
  ],
  [
    { sources: [github], services: [{ name: 'rx', deployments: [{ source: 'github', paths: ['/rx'] }] }] },
    'Paths of its files: "/rx" is not allowed; allowed: a path from the repository\'s root without a / at either end, such as packages/x/** or go.mod',
  ],
  [
    { sources: [github], services: [{ name: 'rx', deployments: [{ source: 'github', paths: ['!rx/**'] }] }] },
    'Paths of its files: only leaves out; allowed: at least one path without ! in front, such as packages/x/**',
  ],
  [
    { production: '^(?!staging)' },
    'Production: "^(?!staging)" is not a regular expression: Go\'s, which are used here, have no lookaround',
  ],
  [
    { definition: { incidentWindow: '1 day' } },
    'Incident window: "1 day" is not a duration: allowed is a whole number with s, m, h, d or w, such as 24h or 365d',
  ],
  [{ collect: { every: '30s' } }, 'Collect every: 30s is too short; allowed: 1m or longer'],
  [{ collect: { every: '0h' } }, 'Collect every: 0h is too short; allowed: 1m or longer'],
  [{ store: { type: 'sqlite' } }, 'File: is missing; a sqlite store needs the path of its file'],
  [
    { store: { type: 'postgres', address: 'db', user: 'livedora' } },
    'Database: is missing; a postgres store needs the name of its database',
  ],
  [
    { store: { type: 'postgres', address: 'postgres://db', database: 'livedora', user: 'livedora' } },
    'Server: is no address of a server; allowed: a host and a port, such as db.example.org:5432, or several with commas between',
  ],
  [
    { store: { type: 'postgres', address: 'db', database: 'livedora', user: 'livedora', tls: 'some' } },
    'Encryption: "some" is not allowed; allowed: verify, require, disable',
  ],
  [
    { store: { type: 'postgres', address: 'db', database: 'livedora', user: 'livedora', use: 'some' } },
    'Use: "some" is not allowed; allowed: primary, replica',
  ],
])('%j is told in a sentence that names the field as its label does', (options, message) => {
  expect(Object.values(faultsOf(options))).toEqual([message]);
});
