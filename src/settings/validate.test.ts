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
  [{ sources: [{ ...github, id: '' }] }, 'sources[0].id must be at most 64 letters, digits, - and _, such as github'],
  [
    { sources: [{ ...github, id: 'a.b' }] },
    'sources[0].id must be at most 64 letters, digits, - and _, such as github',
  ],
  [{ sources: [github, github] }, 'sources[1].id "github" is taken by another source'],
  [
    { sources: [{ ...github, repositories: [] }] },
    'sources[0].repositories must name at least one, such as example-health/*',
  ],
  [
    { sources: [{ ...github, repositories: ['!a/b'] }] },
    'sources[0].repositories must name at least one, such as example-health/*',
  ],
  [
    { sources: [{ ...github, repositories: ['a/b', 'medicines'] }] },
    'sources[0].repositories has "medicines", which is not of the form owner/name, such as example-health/* or !example-health/archived-*',
  ],
  [{ sources: [{ ...github, url: 'forge' }] }, 'sources[0].url must be an address, such as https://api.github.com'],
  [{ sources: [{ ...github, url: 'ftp://forge' }] }, 'sources[0].url must start with https:// or http://'],
  [
    { sources: [{ ...github, incidents: { severity: '(' } }] },
    'sources[0].incidents.severity must be a regular expression',
  ],
  [{ services: [{ name: '' }] }, 'services[0].name must not be empty'],
  [{ services: [{ name: 'rx' }, { name: 'rx' }] }, 'services[1].name "rx" is taken by another service'],
  [
    { sources: [github], services: [{ name: 'rx', deployments: [{ source: 'forge' }] }] },
    'services[0].deployments[0].source "forge" is no source; there is: github',
  ],
  [
    { sources: [github], services: [{ name: 'rx', incidents: [{ source: 'github', repository: 'rx' }] }] },
    'services[0].incidents[0].repository must be of the form owner/name',
  ],
  [
    { sources: [github], services: [{ name: 'rx', deployments: [{ source: 'github', paths: ['/rx'] }] }] },
    'services[0].deployments[0].paths has "/rx", which is no path from the repository\'s root, such as services/x/**',
  ],
  [
    { sources: [github], services: [{ name: 'rx', deployments: [{ source: 'github', paths: ['!rx/**'] }] }] },
    'services[0].deployments[0].paths must have one without ! in front, such as services/x/**',
  ],
  [{ production: '^(?!staging)' }, "production must do without lookaround, which Go's regular expressions do not have"],
  [
    { definition: { incidentWindow: '1 day' } },
    'definition.incidentWindow must be a whole number with s, m, h, d or w, such as 24h',
  ],
  [{ collect: { every: '30s' } }, 'collect.every must be 1m or longer'],
  [{ collect: { every: '0h' } }, 'collect.every must be a whole number with s, m, h, d or w, such as 24h'],
  [{ store: { type: 'sqlite' } }, 'store.path must name a file, such as /var/lib/grafana/live-dora.db'],
])('%j is told in a sentence that names the field', (options, message) => {
  expect(Object.values(faultsOf(options))).toEqual([message]);
});
