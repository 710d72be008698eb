import { DataSourceSettings } from '@grafana/data';
import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React, { useState } from 'react';
import { enter, field, pick } from '../form/testing';
import { ConfigEditor } from './ConfigEditor';
import { DoraOptions, DoraSecrets } from '../settings/settings';

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
  expect(screen.getByText('sources[0].repositories must name at least one, such as example-health/*')).toBeVisible();

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
  await user.click(screen.getByRole('button', { name: 'Remove source github' }));
  expect(settings().jsonData).toEqual({ production: '^live$' });
  expect(settings().secureJsonData).toEqual({ 'sources.github.token': '' });
});

test('a service is described by where its deployments and incidents are', async () => {
  const { user, settings } = open({ jsonData: { sources: [github] } });
  await user.click(screen.getByRole('button', { name: 'Add service' }));
  expect(screen.getByText('services[0].name must not be empty')).toBeVisible();
  await enter(user, field('Name'), 'prescriptions');
  await enter(user, field('Team'), 'medicines');
  await enter(user, field('Repository', 'Deployments 1 of service prescriptions'), 'example-health/medicines-api');
  await enter(user, field('Tag prefix', 'Deployments 1 of service prescriptions'), 'rx-v');
  await enter(user, field('Paths of its files', 'Deployments 1 of service prescriptions'), 'rx/**\n!rx/docs/**');
  await user.click(screen.getByRole('button', { name: 'Add incidents' }));
  await enter(user, field('Without the labels', 'Incidents 1 of service prescriptions'), 'test');

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
    'definition.incidentWindow must be a whole number with s, m, h, d or w'
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

test('provisioned settings can be read and not changed', () => {
  const services = [{ name: 'rx', deployments: [{ source: 'github' }], incidents: [{ source: 'github' }] }];
  open({
    readOnly: true,
    jsonData: { sources: [github], services, store: { type: 'sqlite', path: '/data/dora.db' } },
    secureJsonFields: { 'sources.github.token': true },
  });
  expect(screen.getByRole('status', { name: 'These settings are provisioned' })).toBeVisible();
  const fields = [...screen.getAllByRole('textbox'), ...screen.getAllByRole('combobox')];
  expect(fields.length).toBeGreaterThan(25);
  expect(fields.filter((field) => !field.hasAttribute('disabled'))).toEqual([]);
  const buttons = screen.queryAllByRole('button').filter((button) => !button.hasAttribute('disabled'));
  expect(buttons.map((button) => button.getAttribute('aria-label') ?? button.textContent)).toEqual([
    'Test source github',
  ]);
});

test('a GitHub App takes the place of a token, and the other way round', async () => {
  const { user, settings } = open({
    jsonData: { sources: [github] },
    secureJsonFields: { 'sources.github.token': true },
  });
  await pick(user, 'Get in with', /^A GitHub App/);
  expect(screen.getByText('sources[0].appId must not be empty')).toBeVisible();
  await enter(user, field('App id', 'Source github'), '4711');
  await enter(user, field('Installation id', 'Source github'), '42');
  await enter(user, field('Private key', 'Source github'), 'key-1');
  expect(settings().jsonData.sources).toEqual([{ ...github, appId: '4711', installationId: '42' }]);
  expect(settings().secureJsonData).toEqual({ 'sources.github.token': '', 'sources.github.appPrivateKey': 'key-1' });
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();

  await pick(user, 'Get in with', /^A token/);
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

test('alerts that are sent here need an id, a secret, and perhaps their labels', async () => {
  const { user, settings } = open({ jsonData: { sources: [github] } });
  await pick(user, 'Type', /^Alerts/);
  await enter(user, field('Only alerts with', 'Source github'), 'critical');
  expect(
    screen.getByText(/sources\[0\].alerts.only has "critical", which is not of the form name=value/)
  ).toBeVisible();
  await user.clear(field('Only alerts with', 'Source github'));
  await enter(user, field('Only alerts with', 'Source github'), 'severity=critical');
  await enter(user, field('Webhook secret', 'Source github'), 'secret-3');
  await enter(user, field('Secret of all webhooks'), 'secret-4');
  expect(settings().jsonData).toEqual({
    sources: [{ id: 'github', type: 'alertmanager', alerts: { only: ['severity=critical'] } }],
  });
  expect(settings().secureJsonData).toEqual({
    'sources.github.webhookSecret': 'secret-3',
    'webhooks.secret': 'secret-4',
  });
});
