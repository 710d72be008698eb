import { DataSourceSettings } from '@grafana/data';
import { config } from '@grafana/runtime';
import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { readdirSync, readFileSync } from 'fs';
import path from 'path';
import React, { useState } from 'react';
import labels from '../../pkg/settings/labels.json';
import { enter, field, pick } from '../form/testing';
import { ConfigEditor } from './ConfigEditor';
import { DoraOptions, DoraSecrets } from '../settings/settings';
import { holds, SystemField, systems, valueAt } from '../settings/systems';

type Settings = DataSourceSettings<DoraOptions, DoraSecrets>;

/** Grafana's page of a data source: it keeps what the editor emits, and loads it again after a save. */
function open(initial: Partial<Settings>) {
  let latest = { version: 1, jsonData: {}, secureJsonFields: {}, secureJsonData: {}, ...initial } as Settings;
  let load: (settings: Settings) => void;
  function Page() {
    const [settings, setSettings] = useState(latest);
    latest = settings;
    load = setSettings;
    return <ConfigEditor options={settings} onOptionsChange={setSettings} />;
  }
  render(<Page />);
  const save = () => {
    const stored = Object.entries(latest.secureJsonData ?? {}).map(([key, value]) => [key, value !== '']);
    const secureJsonFields = { ...latest.secureJsonFields, ...Object.fromEntries(stored) };
    act(() => load({ ...latest, version: (latest.version ?? 0) + 1, secureJsonFields, secureJsonData: {} }));
  };
  return { user: userEvent.setup({ pointerEventsCheck: 0 }), settings: () => latest, save };
}

const github = { id: 'github', type: 'github', repositories: ['example-health/*'] };
const source = (name: string) => within(screen.getByRole('group', { name }));

test('a first source is added, named, given a token, and its id is fixed once saved', async () => {
  const { user, settings, save } = open({});
  await user.click(screen.getByRole('button', { name: 'Add source' }));
  expect(screen.queryByRole('alert')).not.toBeInTheDocument(); // nothing is red before it is touched
  await user.click(field('Repositories', 'Source github'));
  await user.tab();
  expect(screen.getByRole('alert')).toHaveTextContent(
    'Repositories: is missing; allowed: a list of owner/name, with * and ? for parts of a name and ! in front to leave out.'
  );
  expect(within(screen.getByRole('alert')).getByRole('link', { name: 'What it means' })).toHaveAttribute(
    'href',
    'https://github.com/livedora/dora-datasource/blob/main/docs/sources/github.md#settings'
  );
  expect(source('Source github').getByRole('link', { name: 'How to set up GitHub' })).toHaveAttribute(
    'href',
    'https://github.com/livedora/dora-datasource/blob/main/docs/sources/github.md'
  );

  await enter(user, field('Token', 'Source github'), 'secret-1');
  await enter(user, field('Repositories', 'Source github'), 'example-health/*\n!example-health/old');
  await enter(user, field('Id', 'Source github'), '-eu');
  await enter(user, field('Incident labels', 'Source github-eu'), 'incident');

  expect(settings().jsonData).toEqual({
    sources: [
      {
        id: 'github-eu',
        type: 'github',
        repositories: ['example-health/*', '!example-health/old'],
        incidents: { labels: ['incident'] },
      },
    ],
  });
  expect(settings().secureJsonData).toEqual({ 'sources.github-eu.token': 'secret-1' });
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();

  save();
  expect(field('Id', 'Source github-eu')).toBeDisabled();
  expect(field('Token', 'Source github-eu')).toHaveValue('configured');
});

test('a token is reset and written anew, without ever having been shown', async () => {
  const { user, settings } = open({
    jsonData: { sources: [github] },
    secureJsonFields: { 'sources.github.token': true },
  });
  await user.click(source('Source github').getByRole('button', { name: /reset/i }));
  expect(settings().secureJsonData).toEqual({ 'sources.github.token': '' });
  await enter(user, field('Token', 'Source github'), 'secret-2');
  expect(settings().secureJsonData).toEqual({ 'sources.github.token': 'secret-2' });
});

test('a removed source is forgotten with its token', async () => {
  const { user, settings } = open({
    jsonData: { sources: [github], production: '^live$' },
    secureJsonFields: { 'sources.github.token': true },
  });
  const remove = screen.getByRole('button', { name: 'Remove source github' });
  await user.click(remove);
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Cancel' }));
  expect(settings().jsonData.sources).toEqual([github]);
  await user.click(remove);
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Remove' }));
  expect(settings().jsonData).toEqual({ production: '^live$' });
  expect(settings().secureJsonData).toEqual({ 'sources.github.token': '' });
});

test('a service is described by where its deployments and incidents are', async () => {
  const { user, settings } = open({ jsonData: { sources: [github] } });
  await user.click(screen.getByRole('button', { name: 'Add service' }));
  expect(field('Name')).toHaveFocus();
  expect(screen.queryByText(/is missing/)).not.toBeInTheDocument();
  await user.tab();
  expect(screen.getByText(/Name: is missing/)).toBeVisible();
  await enter(user, field('Name'), 'prescriptions');
  await enter(user, field('Team'), 'medicines');
  await enter(user, field('Repository', 'Deployments 1 of service prescriptions'), 'example-health/medicines-api');
  await enter(user, field('Tag prefix', 'Deployments 1 of service prescriptions'), 'rx-v');
  await enter(user, field('Paths of its files', 'Deployments 1 of service prescriptions'), 'rx/**\n!rx/docs/**');
  await user.click(screen.getByRole('button', { name: 'Add incidents' }));
  await enter(user, field('Without the labels', 'Incidents 1 of service prescriptions'), 'test');
  await user.tab();
  expect(settings().jsonData.services).toEqual([
    {
      name: 'prescriptions',
      team: 'medicines',
      deployments: [
        {
          source: 'github',
          repository: 'example-health/medicines-api',
          tagPrefix: 'rx-v',
          paths: ['rx/**', '!rx/docs/**'],
        },
      ],
      incidents: [{ source: 'github', excludeLabels: ['test'] }],
    },
  ]);
  await user.click(screen.getByRole('button', { name: 'Remove service prescriptions' }));
  expect(settings().jsonData).toEqual({ sources: [github] });
  await user.click(screen.getByRole('button', { name: 'Add service' }));
  expect(field('Name')).toHaveFocus(); // the next one too
});

const rows = () => screen.getAllByRole('row').slice(1); // without the headings
const named = (names: string[], team?: string) => names.map((name) => ({ name, ...(team && { team }) }));

test('many services are a page of lines, found by what they are called, and one is open at a time', async () => {
  const services = Array.from({ length: 120 }, (_, n) => ({ name: `service-${n}`, team: `team-${n % 4}` }));
  const { user } = open({ jsonData: { sources: [github], services } });
  expect(document.querySelectorAll('tbody tr')).toHaveLength(50);
  await enter(user, screen.getByLabelText('Search services'), 'team-3 service-11');
  expect(rows().map((row) => within(row).getAllByRole('button')[0].textContent)).toEqual([
    'service-11',
    'service-111',
    'service-115',
    'service-119',
  ]);
  expect(screen.getByRole('status', { name: 'Services found' })).toHaveTextContent('4 of 120 services');
  await user.click(screen.getByRole('button', { name: 'service-111' }));
  await user.click(screen.getByRole('button', { name: 'service-115' }));
  expect(screen.getAllByLabelText('Name').map((each) => (each as HTMLInputElement).value)).toEqual(['service-115']);
});

test('services stand by team, which hides them, and in the order of a column', async () => {
  const services = [...named(['b', 'a'], 'medicines'), ...named(['c']), ...named(['d'], 'booking')];
  const { user } = open({ jsonData: { sources: [github], services } });
  const shown = () => rows().map((row) => within(row).getAllByRole('button')[0].textContent);
  await user.click(screen.getByRole('button', { name: 'Service' }));
  expect(shown()).toEqual(['a', 'b', 'c', 'd']);
  await user.click(screen.getByRole('checkbox', { name: 'By team' }));
  expect(shown()).toEqual(['booking1', 'd', 'medicines2', 'a', 'b', 'Without a team1', 'c']);
  await user.click(screen.getByRole('button', { name: /^medicines/ }));
  expect(shown()).toEqual(['booking1', 'd', 'medicines2', 'Without a team1', 'c']);
});

test('what is done to several services at once can be taken back, until the settings are saved', async () => {
  const services = [...named(['a', 'b'], 'medicines'), ...named(['c'], 'booking')];
  const { user, settings, save } = open({ jsonData: { sources: [github], services } });
  await enter(user, screen.getByLabelText('Search services'), 'medicines');
  await user.click(screen.getByRole('checkbox', { name: 'Select all 2' }));
  await enter(user, screen.getByLabelText('Team of the selected'), 'pharmacy');
  await user.click(screen.getByRole('button', { name: 'Set team' }));
  expect(settings().jsonData.services?.map(({ team }) => team)).toEqual(['pharmacy', 'pharmacy', 'booking']);
  await user.click(screen.getByRole('button', { name: 'Remove the selected' }));
  expect(settings().jsonData.services).toEqual(named(['c'], 'booking'));

  await user.click(screen.getByRole('button', { name: 'Undo: removed 2 services' }));
  await user.click(screen.getByRole('button', { name: 'Undo: team of 2 services' }));
  expect(settings().jsonData.services).toEqual(services);
  expect(screen.queryByRole('button', { name: /^Undo/ })).not.toBeInTheDocument();

  await user.click(screen.getByRole('button', { name: 'a' }));
  await enter(user, field('Team'), '-x');
  await user.click(screen.getByRole('button', { name: 'a' }));
  expect(screen.getByRole('button', { name: 'Undo: changed a' })).toBeVisible();
  save();
  expect(screen.queryByRole('button', { name: /^Undo/ })).not.toBeInTheDocument();
});

test('services are changed as a text, which says what it changes before it does', async () => {
  const { user, settings } = open({ jsonData: { sources: [github], services: named(['a', 'b'], 'medicines') } });
  await user.click(screen.getByRole('button', { name: 'Import and export' }));
  const text = screen.getByRole('textbox', { name: 'Services as text' });
  await waitFor(() =>
    expect(text).toHaveValue('services:\n  - name: a\n    team: medicines\n  - name: b\n    team: medicines\n')
  );
  const says = screen.getByRole('status', { name: 'What the text changes' });
  await user.clear(text);
  await user.paste('services:\n  - name: a\n    teem: x');
  await waitFor(() => expect(says).toHaveTextContent('Line 3: "teem" is unknown; allowed: match, name'), {
    timeout: 10_000,
  });
  expect(screen.getByRole('button', { name: 'Take it over' })).toBeDisabled();
  await user.clear(text);
  await user.paste('- name: a\n  team: pharmacy\n- name: c');
  await waitFor(() => expect(says).toHaveTextContent('Added: 1cChanged: 1a: team medicines → pharmacy'));
  await user.click(screen.getByRole('button', { name: 'Take it over' }));
  expect(settings().jsonData.services).toEqual([
    ...named(['a'], 'pharmacy'),
    ...named(['b'], 'medicines'),
    ...named(['c']),
  ]);
});

test('the definition is chosen by what it means', async () => {
  const { user, settings } = open({});
  await pick(user, 'Lead time starts', /^Merged/);
  await pick(user, 'Evidence that a deployment failed', /^Incident/);
  await enter(user, field('Incident window'), '2 days');

  expect(settings().jsonData).toEqual({
    definition: { leadTimeStart: 'merged', evidence: ['explicit', 'rollback', 'remedy'], incidentWindow: '2 days' },
  });
  expect(screen.getByRole('alert')).toHaveTextContent(
    'Incident window: "2 days" is not a duration: allowed is a whole number with s, m, h, d or w'
  );
});

test('events are kept in a file where one is named, and in memory again without it', async () => {
  const { user, settings } = open({});
  await pick(user, 'Keep events in', /^SQLite/);
  await enter(user, field('File'), '/data/dora.db');
  expect(settings().jsonData).toEqual({ store: { type: 'sqlite', path: '/data/dora.db' } });
  await pick(user, 'Keep events in', /^Memory/);
  expect(settings().jsonData).toEqual({ store: { type: 'memory' } });
});

test('provisioned settings can be read and not changed', async () => {
  const deployments = [{ source: 'github', repository: 'example-health/medicines-api' }];
  const services = [{ name: 'rx', deployments, incidents: [{ source: 'github' }] }];
  const { user } = open({
    readOnly: true,
    jsonData: { sources: [github], services, store: { type: 'sqlite', path: '/data/dora.db' } },
    secureJsonFields: { 'sources.github.token': true },
  });
  expect(screen.getByRole('status', { name: 'These settings are provisioned' })).toBeVisible();
  const fields = [...screen.getAllByRole('textbox'), ...screen.getAllByRole('combobox')];
  expect(fields.length).toBeGreaterThan(20);
  const enabled = fields.filter((field) => !field.hasAttribute('disabled'));
  expect(enabled.map((field) => field.getAttribute('aria-label'))).toEqual(['Search services']);
  const buttons = screen.queryAllByRole('button').filter((button) => !button.hasAttribute('disabled'));
  expect(buttons.map((button) => button.getAttribute('aria-label') ?? button.textContent)).toEqual([
    'Test source github',
    'Service',
    'Team',
    'Deployments',
    'Incidents',
    'rx',
    'Export',
  ]);
  await user.click(screen.getByRole('button', { name: 'rx' }));
  const facts = within(screen.getByRole('group', { name: 'Service rx' }));
  expect(facts.getByText('example-health/medicines-api')).toBeVisible();
  expect(facts.queryAllByRole('textbox')).toEqual([]);
});

test('a GitHub App takes the place of a token, and the other way round', async () => {
  const { user, settings } = open({
    jsonData: { sources: [github] },
    secureJsonFields: { 'sources.github.token': true },
  });
  await pick(user, 'Authentication', /^GitHub App/);
  await user.click(field('App id', 'Source github'));
  await user.tab();
  expect(screen.getByText(/App id: is missing; a GitHub App needs appId, installationId and the secret/)).toBeVisible();
  await enter(user, field('App id', 'Source github'), '4711');
  await enter(user, field('Installation id', 'Source github'), '42');
  await enter(user, field('Private key', 'Source github'), 'key-1');
  expect(settings().jsonData.sources).toEqual([{ ...github, appId: '4711', installationId: '42' }]);
  expect(settings().secureJsonData).toEqual({ 'sources.github.token': '', 'sources.github.appPrivateKey': 'key-1' });
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();

  await pick(user, 'Authentication', /^Access token/);
  expect(settings().jsonData.sources).toEqual([github]);
  expect(settings().secureJsonData).toEqual({ 'sources.github.token': '', 'sources.github.appPrivateKey': '' });
});

test('keys of what a deployment is go when it becomes something else', async () => {
  const { user, settings } = open({ jsonData: { sources: [github] } });
  const deployments = () => settings().jsonData.sources?.[0].deployments;
  await pick(user, 'Deployments from', /^Workflow runs/);
  await enter(user, field('Workflow pattern', 'Source github'), '^deploy');
  await enter(user, field('Environment', 'Source github'), 'live');
  expect(deployments()).toEqual({ from: 'workflow_runs', workflow: '^deploy', environment: 'live' });
  await pick(user, 'Deployments from', /^Releases/);
  await user.click(screen.getByRole('checkbox', { name: /Prereleases too/ }));
  expect(deployments()).toEqual({ from: 'releases', environment: 'live', prereleases: true });
  await pick(user, 'Deployments from', /^GitHub deployments/);
  expect(deployments()).toEqual({ from: 'deployments' });
});

test('repositories that are deployed otherwise have rules in an order, and permissions and webhooks follow them', async () => {
  const { user, settings } = open({ uid: 'livedora', jsonData: { sources: [github] } });
  await act(async () => {}); // how the source is doing is asked for
  const card = source('Source github');
  const rules = () => valueAt(settings().jsonData.sources![0], 'deployments.rules');
  expect(card.getByLabelText('text for the sender')).not.toHaveTextContent('Workflow runs');
  const add = card.getByRole('button', { name: 'Add rule' });
  await user.click(add);
  const first = within(card.getByRole('group', { name: 'Rule 1' }));
  expect(first.queryByLabelText('Workflow pattern')).not.toBeInTheDocument();
  await user.type(first.getByLabelText('Repositories'), 'lib-*');
  await user.tab();
  expect(first.getByText(/Repositories: "lib-\*" is not allowed; allowed: owner\/name/)).toBeVisible();
  await user.clear(first.getByLabelText('Repositories'));
  await user.type(first.getByLabelText('Repositories'), 'acme/lib-*');
  await user.click(first.getByLabelText('Deployments from'));
  await user.click(await screen.findByRole('option', { name: /^Workflow runs/ }));
  await user.type(first.getByLabelText('Workflow pattern'), '^ship');
  await user.tab();
  const ofLib = { repositories: ['acme/lib-*'], from: 'workflow_runs', workflow: '^ship' };
  expect(rules()).toEqual([ofLib]);
  expect(card.getByLabelText('text for the sender')).toHaveTextContent('Workflow runs');

  await user.click(add);
  const second = within(card.getByRole('group', { name: 'Rule 2' }));
  await user.type(second.getByLabelText('Repositories'), 'acme/*');
  await user.tab();
  await user.click(card.getByRole('button', { name: 'Move rule 2 up' }));
  expect(rules()).toEqual([{ repositories: ['acme/*'] }, ofLib]);
  await user.click(card.getByRole('button', { name: 'Remove rule 2' }));
  await user.click(card.getByRole('button', { name: 'Remove rule 1' }));
  expect(rules()).toBeUndefined();
});

test('alerts that are sent here need an id, a secret, and perhaps their labels', async () => {
  const { user, settings } = open({ jsonData: { sources: [github] } });
  await pick(user, 'Type', /^Alerts/);
  await enter(user, field('Only alerts with', 'Source github'), 'critical');
  await user.tab();
  expect(
    screen.getByText(/Only alerts with: "critical" is not allowed; allowed: name=value, such as severity=critical/)
  ).toBeVisible();
  await user.clear(field('Only alerts with', 'Source github'));
  await enter(user, field('Only alerts with', 'Source github'), 'severity=critical');
  await enter(user, field('Webhook secret', 'Source github'), 'secret-3');
  await enter(user, field('Webhook secret of all sources'), 'secret-4');
  expect(settings().jsonData).toEqual({
    sources: [{ id: 'github', type: 'alertmanager', alerts: { only: ['severity=critical'] } }],
  });
  expect(settings().secureJsonData).toEqual({
    'sources.github.webhookSecret': 'secret-3',
    'webhooks.secret': 'secret-4',
  });
});

test('mistakes that were saved are told when the page opens', () => {
  open({ jsonData: { sources: [{ id: 'github', type: 'github' }] } });
  expect(screen.getByRole('alert')).toHaveTextContent('Repositories: is missing');
});

test('what a choice leaves out is said beside it', async () => {
  const { user } = open({ jsonData: { sources: [github] } });
  expect(screen.getByText(/No incidents are read: no incident label is given/)).toBeVisible();
  await enter(user, field('Incident labels', 'Source github'), 'incident');
  expect(screen.queryByText(/No incidents are read/)).not.toBeInTheDocument();

  expect(screen.getByText(/corrections, alerts and events that are sent here are refused/)).toBeVisible();
  await pick(user, 'Keep events in', /^SQLite/);
  expect(screen.queryByText(/sent here are refused/)).not.toBeInTheDocument();
  await enter(user, field('File'), 'teams/dora.db');
  expect(screen.getByText(/usually \/var\/lib\/grafana\/teams\/dora.db/)).toBeVisible();
});

test('the sender of webhooks is told the whole address, the account and the secret', async () => {
  const alerts = { id: 'alerts', type: 'alertmanager' };
  open({ uid: 'livedora', jsonData: { sources: [github, alerts] } });
  const address = `${config.appUrl.replace(/\/$/, '')}/api/datasources/uid/livedora/resources/webhooks?source=`;
  await act(async () => {}); // how the sources are doing is asked for
  const told = source('Source github').getByLabelText('text for the sender');
  expect(told).toHaveTextContent(`Payload URL: ${address.replace('://', '://api_key:TOKEN@')}github`);
  expect(told).toHaveTextContent('Secret: SECRET');
  expect(source('Source github').getByLabelText('address')).toHaveTextContent(`${address}github`);
  expect(source('Source alerts').getByText(/of this Grafana with the role Viewer/)).toBeVisible();
  expect(source('Source alerts').getByLabelText('text for the sender')).toHaveTextContent(`- url: ${address}alerts`);
});

test('once there is a source, the page says what to do next', async () => {
  open({ uid: 'livedora', jsonData: { sources: [github] } });
  await act(async () => {});
  const next = within(screen.getByRole('region', { name: 'Next' }));
  expect(next.getByRole('link', { name: 'Import the dashboards' })).toHaveAttribute(
    'href',
    '/datasources/edit/livedora/dashboards'
  );
  expect(next.getByRole('link', { name: 'Add alert rules' })).toHaveAttribute(
    'href',
    expect.stringContaining('alerting.md')
  );
});

test.each(systems)('$name has a form with all that it declares and that applies', (system) => {
  open({ jsonData: { sources: [{ id: system.type, type: system.type }] } });
  const card = source(`Source ${system.type}`);
  const applies = (of: SystemField) => of.label !== undefined && holds(system, { id: '', type: system.type }, of.when);
  const first = system.access?.ways[0];
  const fields = [...system.rows.flat(), ...(first?.fields ?? [])].filter(applies);
  const labels = fields.filter(({ kind }) => kind !== 'flag' && kind !== 'rules').map(({ label }) => label!);
  const secrets = (first?.secrets ?? []).map(({ label }) => label);
  [...labels, ...secrets, ...(system.webhook ? ['Webhook secret'] : [])].forEach((label) =>
    expect(card.getByLabelText(label, { selector: 'input, textarea' })).toBeInTheDocument()
  );
  fields
    .filter(({ kind }) => kind === 'rules')
    .forEach(({ label }) => expect(card.getByRole('group', { name: label })).toBeInTheDocument());
  fields // the label of a box to tick goes on with what it means
    .filter(({ kind }) => kind === 'flag')
    .forEach(({ label }) => expect(card.getByRole('checkbox', { name: new RegExp(`^${label}`) })).toBeInTheDocument());
});

test('every field is called what messages about it call it', () => {
  const folder = __dirname;
  const written = readdirSync(folder)
    .filter((name) => /^[A-Z]\w+\.tsx$/.test(name) && !name.includes('.test.'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
    .join('');
  expect(Object.values(labels).filter((label) => !written.includes(`label="${label}"`))).toEqual([]);
});
