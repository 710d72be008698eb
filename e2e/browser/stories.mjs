import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';

const both = ['dark', 'light'];
const github = { id: 'github', type: 'github', repositories: ['example-health/*'] };

const settings = (fields) => ({ version: 1, jsonData: {}, secureJsonFields: {}, secureJsonData: {}, ...fields });

const service = {
  name: 'prescriptions',
  team: 'medicines',
  deployments: [{ source: 'github', repository: 'example-health/medicines-api', environment: '^prod$' }],
  incidents: [{ source: 'github', repository: 'example-health/medicines-api', labels: ['incident'] }],
};

const accessible = async ({ violations }) => assert.deepEqual(await violations(), []);

/** Fails where a text has one of the secrets, as it is or encoded. */
function without(secrets, text, where) {
  for (const secret of secrets) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      assert.ok(!text.includes(form), `${secret} is in ${where}`);
    }
  }
}

/** What is told of each editor: how it starts, and what a person does with the keyboard and gets. */
export const stories = {
  'a panel is built with the keyboard alone': {
    editor: 'query',
    value: { refId: 'A' },
    modes: both,
    async tell(opened) {
      const { choose, emitted, page, soon } = opened;
      await choose('Metric', 'Change lead time');
      await choose('Statistic', '90th percentile');
      await choose('Per', 'week');
      await choose('Group by', 'team');
      await soon(async () =>
        assert.deepEqual(await emitted(), {
          refId: 'A',
          version: 1,
          metric: 'lead_time',
          statistic: 'p90',
          bucket: 'week',
          groupBy: ['team'],
        })
      );
      await soon(async () =>
        assert.equal(
          await page.getByRole('status').textContent(),
          '90th percentile of change lead time per week, by team.'
        )
      );
      await accessible(opened);
    },
  },

  'signals for the worse are asked for': {
    editor: 'query',
    value: { refId: 'A', queryType: 'signals' },
    async tell(opened) {
      const { choose, emitted, soon } = opened;
      await choose('Direction', 'for the worse');
      await choose('Per', 'week');
      await soon(async () =>
        assert.deepEqual(await emitted(), {
          refId: 'A',
          version: 1,
          queryType: 'signals',
          direction: 'worse',
          bucket: 'week',
        })
      );
      await accessible(opened);
    },
  },

  'a filter offers what the data has, when its menu opens': {
    editor: 'query',
    value: { refId: 'A' },
    async tell(opened, { asked }) {
      const { choose, emitted, page, press, soon } = opened;
      await press('Add filter');
      await choose('Where', 'team');
      assert.deepEqual(asked, []);
      await choose('Values', 'prescriptions', { entered: false });
      await choose('Condition', 'is none of');
      await soon(async () =>
        assert.deepEqual((await emitted()).filters, [{ field: 'team', op: 'not_in', values: ['prescriptions'] }])
      );
      assert.equal(asked[0].queryType, 'values');
      assert.equal(asked[0].field, 'team');
      await soon(async () =>
        assert.match(await page.getByRole('status').textContent(), /, without team prescriptions\.$/)
      );
      await accessible(opened);
      await press('Remove filter 1');
      await soon(async () => assert.equal((await emitted()).filters, undefined));
    },
  },

  'free text and variables go in where the backend cannot answer': {
    editor: 'query',
    value: { refId: 'A', filters: [{ field: 'service', op: 'in', values: [] }] },
    async tell({ choose, emitted, errors, soon }, { address, backend }) {
      backend.broken = true;
      await choose('Values', '$team', { entered: false });
      await choose('Values', 'pay*');
      await soon(async () => assert.deepEqual((await emitted()).filters[0].values, ['$team', 'pay*']));
      assert.deepEqual([...new Set(errors.splice(0))], [`404: ${address}api/ds/query`]);
    },
  },

  'every control is reached with the tab key, in reading order': {
    editor: 'query',
    value: { refId: 'A', format: 'numeric' },
    async tell({ page }) {
      const reached = [];
      await page.locator('body').press('Tab');
      for (let i = 0; i < 20; i++) {
        const name = await page.evaluate(() => {
          const at = document.activeElement;
          const label = document.getElementById(at.getAttribute('aria-labelledby'));
          return label?.textContent ?? (at.tagName === 'BUTTON' ? at.textContent : undefined);
        });
        if (name !== undefined) {
          reached.push(name);
        }
        await page.keyboard.press('Tab');
      }
      assert.deepEqual(reached.slice(0, 11), [
        'Show',
        'Metric',
        'Statistic',
        'Rolling window',
        'Group by',
        'Add filter',
        'As',
        'Compared with',
        'Beside',
        'Time zone',
        'Live',
      ]);
    },
  },

  'a panel is switched to live': {
    editor: 'query',
    value: { refId: 'A', queryType: 'events' },
    modes: both,
    async tell(opened) {
      const { emitted, field, page, soon } = opened;
      await field('Live').focus();
      await page.keyboard.press('Space');
      await soon(async () => assert.equal((await emitted()).live, true));
      await soon(async () => assert.match(await page.getByRole('status').textContent(), /shown anew as it changes\.$/));
      await accessible(opened);
    },
  },

  'a broken query says what is wrong, and is mended by choosing': {
    editor: 'query',
    value: { refId: 'A', metric: 'velocity', filters: [{ field: 'author', op: 'like' }] },
    modes: both,
    async tell(opened) {
      const { choose, emitted, page, soon } = opened;
      const alert = page.getByRole('alert', { name: 'This query cannot be computed' });
      assert.match(await alert.textContent(), /metric "velocity" is unknown; allowed: deployment_frequency, lead_time/);
      await accessible(opened);
      await choose('Metric', 'Deployment rework rate');
      await soon(async () => assert.equal((await emitted()).metric, 'rework_rate'));
      await soon(async () => assert.doesNotMatch(await alert.textContent(), /velocity/));
    },
  },

  'a variable is told which names to offer': {
    editor: 'variable',
    value: { refId: 'x' },
    async tell(opened) {
      await opened.choose('Names of each', 'team');
      await opened.soon(async () =>
        assert.deepEqual(await opened.emitted(), { refId: 'x', version: 1, queryType: 'values', field: 'team' })
      );
      await accessible(opened);
    },
  },

  'a new data source is configured with the keyboard alone': {
    editor: 'config',
    value: settings({}),
    modes: both,
    async tell(opened) {
      const { choose, emitted, field, page, press, replace, soon, type } = opened;
      await press('Add source');
      await field('Repositories').focus();
      assert.equal(await page.getByRole('alert').count(), 0); // nothing is red before it is touched
      await page.keyboard.press('Tab');
      await soon(async () => assert.ok(await page.getByText('Repositories: is missing').isVisible()));
      await type('Repositories', 'example-health/*\n!example-health/archived-*');
      await type('Token', 'secret-1');
      await type('Incident labels', 'incident');
      await choose('Lead time starts', 'Merged');
      await choose('Keep events in', 'SQLite file');
      await type('File', '/var/lib/grafana/live-dora.db');
      const { jsonData, secureJsonData } = await soon(async () => {
        const handed = await emitted();
        assert.deepEqual(handed.jsonData, {
          sources: [
            {
              id: 'github',
              type: 'github',
              repositories: ['example-health/*', '!example-health/archived-*'],
              incidents: { labels: ['incident'] },
            },
          ],
          definition: { leadTimeStart: 'merged' },
          store: { type: 'sqlite', path: '/var/lib/grafana/live-dora.db' },
        });
        return handed;
      });
      assert.deepEqual(secureJsonData, { 'sources.github.token': 'secret-1' });
      assert.equal(await page.getByRole('alert').count(), 0);
      await accessible(opened);

      await replace(settings({ version: 2, jsonData, secureJsonFields: { 'sources.github.token': true } }));
      await page.getByRole('button', { name: 'Reset' }).waitFor();
      assert.ok(await field('Id').isDisabled());
      assert.ok(!(await page.content()).includes('secret-1'));
      await press('Reset');
      await soon(async () => assert.deepEqual((await emitted()).secureJsonData, { 'sources.github.token': '' }));
    },
  },

  'secrets that were typed go to Grafana alone, and are gone from the browser once they are saved': {
    editor: 'config',
    value: settings({
      uid: 'livedora',
      jsonData: {
        sources: [
          github,
          { ...github, id: 'app', appId: '4711', installationId: '42' },
          { id: 'alerts', type: 'alertmanager' },
        ],
      },
    }),
    resources: {
      'v1/collection': { items: [] },
      'v1/check': { ok: true, message: 'It answers, and takes its credentials.' },
      'v1/preview': { services: [], unmatched: [], incidents: 0, toldApart: [] },
    },
    async tell({ emitted, field, held, page, press, replace, soon, told, type }) {
      const secrets = {
        'sources.github.token': 'ghp_typed/token+1',
        'sources.github.webhookSecret': 'typed webhook 2',
        'sources.app.appPrivateKey': '-----BEGIN RSA PRIVATE KEY----- typed key 3',
        'sources.alerts.webhookSecret': 'typed alerts 4',
        'webhooks.secret': 'typed for all 5',
      };
      const values = Object.values(secrets);
      const source = (id) => page.getByRole('group', { name: `Source ${id}`, exact: true });
      const fields = [
        ['Token', source('github')],
        ['Webhook secret', source('github')],
        ['Private key', source('app')],
        ['Webhook secret', source('alerts')],
        ['Webhook secret of all sources', page],
      ];
      const fill = async () => {
        for (const [i, [label, scope]] of fields.entries()) {
          await type(label, values[i], scope);
        }
      };
      /** Something else is typed and tried, so that the plugin is asked while secrets are about. */
      const ask = async (name) => {
        told.length = 0;
        await press('Add service');
        await press('Test source github');
        await type('Name', name);
        const asked = (path) => assert.ok(told.some((each) => each.includes(`resources/v1/${path}`)));
        await soon(() => asked('check?source=github'));
        await soon(() => assert.ok(told.some((each) => each.includes('/v1/preview') && each.includes(name))));
        await press(`Remove service ${name}`);
      };

      await fill();
      await ask('triage');
      const typed = await emitted();
      assert.deepEqual(typed.secureJsonData, secrets);
      without(values, JSON.stringify(typed.jsonData), 'the settings that everyone can read');
      without(values, await page.locator('body').innerText(), 'what is to be read on the page');
      for (const [label, scope] of fields) {
        const masked = (element) =>
          element.type === 'password' || window.getComputedStyle(element).webkitTextSecurity === 'disc';
        assert.ok(await field(label, scope).evaluate(masked), `${label} is masked`);
      }
      without(values, told.join('\n'), 'what the browser asked or wrote to its console');

      const secureJsonFields = Object.fromEntries(Object.keys(secrets).map((key) => [key, true]));
      await replace({ ...typed, version: 2, secureJsonFields, secureJsonData: {} }); // as Grafana does after a save
      await page
        .getByRole('button', { name: 'Reset' })
        .nth(fields.length - 1)
        .waitFor();
      await ask('booking');
      without(values, (await held()) + told.join('\n'), 'the browser after the save');

      const resets = page.getByRole('button', { name: 'Reset' });
      for (let left = fields.length; left > 0; left--) {
        await resets.first().press('Enter');
        await soon(async () => assert.equal(await resets.count(), left - 1));
      }
      await ask('payments');
      const reset = await emitted();
      assert.deepEqual(new Set(Object.values(reset.secureJsonData)), new Set(['']));
      without(values, (await held()) + told.join('\n'), 'the browser after the reset');

      await fill();
      await soon(async () => assert.deepEqual((await emitted()).secureJsonData, secrets));
      await press('Remove source app');
      await press('Remove', page.getByRole('dialog'));
      await soon(async () => assert.equal((await emitted()).secureJsonData['sources.app.appPrivateKey'], ''));
      without(
        [secrets['sources.app.appPrivateKey']],
        (await held()) + told.join('\n'),
        'the browser without the source'
      );
    },
  },

  'a service is described, and faults name their field': {
    editor: 'config',
    value: settings({ jsonData: { sources: [github], services: [service] } }),
    modes: both,
    async tell(opened) {
      const { emitted, page, press, soon, type } = opened;
      await press('Add service');
      const second = page.getByRole('group', { name: 'Service 2', exact: true });
      await second.getByLabel('Name', { exact: true }).focus();
      await type('Environment pattern', '(', second);
      await page.keyboard.press('Tab');
      await soon(async () => assert.ok(await page.getByText('Name: is missing').isVisible()));
      await soon(async () =>
        assert.ok(await page.getByText('Environment pattern: "(" is not a regular expression').isVisible())
      );
      await soon(async () =>
        assert.deepEqual((await emitted()).jsonData.services[1], {
          name: '',
          deployments: [{ source: 'github', environment: '(' }],
        })
      );
      await accessible(opened);
    },
  },

  'hundreds of services are grouped, searched, selected and changed with the keyboard alone': {
    editor: 'config',
    value: settings({
      jsonData: {
        sources: [github],
        services: Array.from({ length: 300 }, (_, n) => ({ ...service, name: `service-${n}`, team: `team-${n % 40}` })),
      },
    }),
    modes: both,
    async tell(opened) {
      const { emitted, field, page, press, soon, type } = opened;
      const row = (name) => page.getByRole('button', { name, exact: true });
      const services = async () => (await emitted()).jsonData.services;
      assert.equal(await page.getByRole('row').count(), 51);
      await row('service-0').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      const detail = page.getByRole('group', { name: 'Service service-1', exact: true });
      await type('Name', '-renamed', detail);
      await page.keyboard.press('Enter'); // as soon as that, whatever Grafana does with it
      await soon(async () => assert.equal((await services())[1].name, 'service-1-renamed'));
      await accessible(opened);

      await field('Search services').fill('team-7');
      await page.getByRole('checkbox', { name: 'Select all 8', exact: true }).press('Space');
      await field('Team of the selected').fill('pharmacy');
      await press('Set team');
      await soon(async () => assert.equal((await services()).filter(({ team }) => team === 'pharmacy').length, 8));
      await press('Undo: team of 8 services');
      await soon(async () => assert.equal((await services())[7].team, 'team-7'));
      await field('Search services').fill('');
      await page.getByRole('checkbox', { name: 'By team', exact: true }).press('Space');
      const team = page.getByRole('button', { name: /^team-0/ });
      await soon(async () => assert.equal(await team.getAttribute('aria-expanded'), 'true'));
      await team.press('Enter');
      await soon(async () => assert.equal(await row('service-0').count(), 0));
      await accessible(opened);
    },
  },

  'services are taken over from a table, once it is right': {
    editor: 'config',
    value: settings({ jsonData: { sources: [github], services: [service] } }),
    modes: both,
    async tell(opened) {
      const { emitted, field, page, press, soon } = opened;
      await press('Import and export');
      await page.getByRole('radio', { name: 'CSV', exact: true }).press('Space');
      await soon(async () =>
        assert.match(await field('Services as text').inputValue(), /name,team,teams,entry,source,/)
      );
      await field('Services as text').fill('name,team,entry,source\nprescriptions,pharmacy,builds,github\n');
      await soon(async () => assert.ok(await page.getByText('Line 2: the entry "builds" is not allowed').isVisible()));
      await accessible(opened);
      await field('Services as text').fill('name,team\nprescriptions,pharmacy\ntriage,urgent care\n');
      await soon(async () => assert.ok(await page.getByText('prescriptions: team medicines → pharmacy').isVisible()));
      await accessible(opened);
      await press('Take it over');
      await soon(async () =>
        assert.deepEqual((await emitted()).jsonData.services, [
          { ...service, team: 'pharmacy' },
          { name: 'triage', team: 'urgent care' },
        ])
      );
    },
  },

  'a rule is written, says what it makes and loses, and goes above another': {
    editor: 'config',
    value: settings({
      uid: 'livedora',
      jsonData: {
        sources: [github],
        services: [{ match: { repository: 'acme/*' }, name: '{name}' }, service, { match: { topic: 'team-{team}' } }],
      },
    }),
    modes: both,
    resources: {
      'v1/collection': { items: [] },
      'v1/preview': {
        services: [{ name: 'prescriptions', entry: 1, deployments: [{ count: 4, places: [] }], incidents: [0] }],
        rules: [
          {
            entry: 0,
            repositories: 2,
            deployments: 30,
            serviceCount: 2,
            services: [{ name: 'shop', team: 'sales', repositories: ['acme/shop'], deployments: 30, incidents: 0 }],
            lostCount: 1,
            lost: [{ repository: 'acme/medicines-api', to: 1 }],
          },
          {
            entry: 2,
            repositories: 0,
            deployments: 0,
            serviceCount: 0,
            services: [],
            lostCount: 0,
            lost: [],
            empty: 'No topic fits; the nearest are squad-a and squad-b.',
          },
        ],
        others: {
          count: 1,
          deployments: 7,
          services: [{ name: 'acme/x', repositories: [], deployments: 7, incidents: 0 }],
        },
        conflicts: [],
        unmatched: [],
        incidents: 0,
        toldApart: [],
      },
    },
    async tell(opened) {
      const { emitted, page, press, soon, type } = opened;
      const says = (text) => soon(async () => assert.ok(await page.getByText(text).first().isVisible()));
      await says('makes 2 services; entries above take 1 that would fit');
      await says('Repositories that no entry takes are services of their own (1): acme/x (7).');
      await press('Rule 3: {repository}');
      const rule = page.getByRole('group', { name: 'Rule 3', exact: true });
      await says('No topic fits; the nearest are squad-a and squad-b.');
      await accessible(opened);
      await type('Team', '{squad}', rule);
      await page.keyboard.press('Tab');
      await says('Team: {squad} is in no pattern of match; allowed: {repository}, {owner}, {name}, {team}');
      await rule.getByLabel('Team', { exact: true }).fill('{team}');
      await page.keyboard.press('Tab');
      await press('Move up', rule);
      await soon(async () =>
        assert.deepEqual(
          (await emitted()).jsonData.services.map(({ match, name }) => match?.topic ?? match?.repository ?? name),
          ['team-{team}', 'prescriptions', 'acme/*']
        )
      );
      await press('Add rule', page.getByRole('region', { name: 'Services', exact: true }));
      const added = page.getByRole('group', { name: 'Rule 4', exact: true });
      await type('Repository is', 'acme/{service}', added);
      await page.keyboard.press('Tab');
      await soon(async () =>
        assert.deepEqual((await emitted()).jsonData.services[3].match, { repository: 'acme/{service}' })
      );
      await accessible(opened);
    },
  },

  'provisioned settings are shown and cannot be changed': {
    editor: 'config',
    value: settings({
      readOnly: true,
      jsonData: { sources: [github], services: [service] },
      secureJsonFields: { 'sources.github.token': true },
    }),
    modes: both,
    async tell(opened) {
      const { page, field, press, soon } = opened;
      const enabled = page.locator('#page :is(input, textarea):enabled:not([readonly])');
      const names = () => enabled.evaluateAll((all) => all.map((each) => each.ariaLabel ?? each.type));
      assert.deepEqual(await names(), ['Search services', 'checkbox']); // by team
      await press('prescriptions');
      await press('Export');
      await soon(async () => assert.match(await field('Services as text').inputValue(), /- name: prescriptions/));
      assert.ok(await page.getByText('example-health/medicines-api').first().isVisible());
      assert.deepEqual(await names(), ['Search services', 'checkbox', 'radio', 'radio']);
      assert.deepEqual(
        (await page.locator('#page button:enabled').allTextContents()).filter((name) =>
          /add|remove|undo|take/i.test(name)
        ),
        []
      );
      assert.equal(await field('Token').inputValue(), 'configured');
      await accessible(opened);
    },
  },

  'a saved source shows how far it is, and a service what it matches': {
    editor: 'config',
    value: settings({ uid: 'livedora', jsonData: { sources: [github], services: [service] } }),
    modes: both,
    resources: {
      'v1/collection': {
        items: [
          {
            id: 'github',
            state: 'waiting',
            progress: 0.4,
            message: 'The rate limit is used up until 10:15:00 UTC.',
            requests: 1200,
            points: 4900,
            stored: { deployment: 1714, change: 906 },
            errors: [],
          },
        ],
      },
      'v1/check': { ok: true, message: 'It answers, and takes its credentials.' },
      'v1/preview': {
        services: [
          {
            name: 'prescriptions',
            deployments: [{ count: 0, places: [] }],
            incidents: [3],
          },
        ],
        unmatched: [
          { source: 'github', repository: 'example-health/medicines-api', environment: 'live', deployments: 61 },
        ],
        incidents: 2,
        toldApart: [{ text: 'The services api and api-pipeline both count 12 deployments into production.' }],
      },
      'v1/preview/figures': {
        services: {
          all: 3,
          changed: 1,
          items: [
            {
              name: 'prescriptions',
              change: 'appears',
              figures: [
                { metric: 'lead_time', statistic: 'p50', unit: 's', now: null, then: 5400, nowN: 0, thenN: 30 },
                { metric: 'rework_rate', statistic: 'ratio', unit: 'ratio', now: null, then: 0.25, nowN: 0, thenN: 12 },
              ],
            },
          ],
        },
        teams: { all: 1, changed: 0, items: [] },
      },
    },
    async tell(opened) {
      const { page, press, soon, type } = opened;
      const says = (text) => soon(async () => assert.ok(await page.getByText(text).first().isVisible()));
      await says('The rate limit is used up until 10:15:00 UTC.');
      await says('1,714 deployments, 906 changes, 0 incidents; 1,200 requests.');
      const bar = page.getByRole('progressbar', { name: 'Reading github' });
      await soon(async () => assert.equal(await bar.getAttribute('aria-valuenow'), '40'));
      await press('prescriptions');
      await says('Matches none of the deployments collected so far.');
      await says('Matches 3 of the incidents collected so far.');
      await says('Deployments of no service: example-health/medicines-api → live (61).');
      await says('The services api and api-pipeline both count 12 deployments into production.');
      await press('Test source github');
      await says('It answers, and takes its credentials.');
      await press('What would change');
      await says('Figures of the last 90 days would change of 1 of 3 services and 0 of 1 team.');
      await says('no figure, n = 0 → 1.5 hours, n = 30');
      await accessible(opened);
      await type('Team', 'x'); // what was found out of other settings is not shown any more
      await soon(async () => assert.equal(await page.getByText('It answers, and takes').count(), 0));
    },
  },
};
