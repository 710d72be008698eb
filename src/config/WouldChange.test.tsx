import { DataSourceSettings } from '@grafana/data';
import { BackendSrvRequest, setBackendSrv } from '@grafana/runtime';
import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React, { useState } from 'react';
import { Observable, of, Subject, throwError } from 'rxjs';
import { enter, field } from '../form/testing';
import { DoraOptions, DoraSecrets } from '../settings/settings';
import { ConfigEditor } from './ConfigEditor';

type Settings = DataSourceSettings<DoraOptions, DoraSecrets>;

const nothing = { all: 0, changed: 0, items: [] };
const remapped = (services: object = nothing, teams: object = nothing) => ({ services, teams });

let compared: BackendSrvRequest[];
let answer: () => Observable<unknown>;

beforeEach(() => {
  compared = [];
  setBackendSrv({
    fetch: (request: BackendSrvRequest) => {
      if (request.url.endsWith('/v1/preview/figures')) {
        compared.push(request);
        return answer();
      }
      return request.url.endsWith('/v1/collection')
        ? of({ data: { items: [] } })
        : of({ data: { services: [], unmatched: [], incidents: 0, toldApart: [] } });
    },
  } as never);
});

const saved = {
  uid: 'livedora',
  version: 1,
  jsonData: { sources: [{ id: 'github', type: 'github' }], services: [{ name: 'booking', team: 'access' }] },
  secureJsonFields: {},
  secureJsonData: {},
};

async function open(changed: Partial<Settings> = {}) {
  let save: () => void = () => {};
  function Page() {
    const [settings, setSettings] = useState({ ...saved, ...changed } as Settings);
    save = () => setSettings({ ...settings, version: (settings.version ?? 0) + 1 });
    return <ConfigEditor options={settings} onOptionsChange={setSettings} />;
  }
  render(<Page />);
  await act(async () => {}); // how the sources are doing is asked for
  return { user: userEvent.setup({ pointerEventsCheck: 0 }), save: () => act(async () => save()) };
}

const button = () => screen.getByRole('button', { name: 'What would change' });
const says = () => screen.getByRole('status', { name: 'What saving would change' });
const lines = (table: string) =>
  within(screen.getByRole('table', { name: table }))
    .getAllByRole('row')
    .slice(1) // without the headings
    .map((row) => [...row.children].map(({ textContent }) => textContent));

const figureOf = (metric: string, statistic: string, unit: string, now: number | null, nowN: number, then: number | null, thenN: number) => ({ metric, statistic, unit, now, then, nowN, thenN }); // prettier-ignore

test('before services are saved it is told which figures would change, from what to what, and for whom', async () => {
  const { user } = await open();
  const booking = {
    name: 'booking',
    change: 'differs',
    figures: [
      figureOf('deployment_frequency', 'count', 'count', 12, 12, 1, 1),
      figureOf('lead_time', 'p50', 's', 5400, 30, null, 0),
      figureOf('change_failure_rate', 'ratio', 'ratio', 0.25, 12, 0, 1),
    ],
  };
  const triage = { name: 'triage', change: 'appears', figures: [] };
  const gone = {
    name: '(unowned)',
    change: 'vanishes',
    figures: [figureOf('deployment_frequency', 'count', 'count', 1200, 1200, null, 0)],
  };
  answer = () =>
    of({ data: remapped({ all: 3, changed: 2, items: [booking, triage] }, { all: 1, changed: 1, items: [gone] }) });
  await enter(user, await opened(user), '-2');
  await user.click(button());

  await waitFor(() =>
    expect(says()).toHaveTextContent('Figures of the last 90 days would change of 2 of 3 services and 1 of 1 team.')
  );
  expect(compared.map(({ method, data }) => ({ method, data }))).toEqual([
    { method: 'POST', data: { services: [{ name: 'booking-2', team: 'access' }] } },
  ]);
  expect(lines('Services that would change')).toEqual([
    ['booking', 'Deployment frequency', '12 deployments, n = 12 → 1 deployment, n = 1'],
    ['Change lead time, median', '1.5 hours, n = 30 → no figure, n = 0'],
    ['Change failure rate', '25.0%, n = 12 → 0.0%, n = 1'],
    ['triage appears', 'No figures in these days.'],
  ]);
  expect(lines('Teams that would change')).toEqual([
    ['(unowned) vanishes', 'Deployment frequency', '1,200 deployments, n = 1,200 → no figure, n = 0'],
  ]);
});

async function opened(user: ReturnType<typeof userEvent.setup>) {
  await user.click(screen.getByRole('button', { name: 'booking' }));
  return field('Name');
}

test('of very many that would change the first are listed and the rest is counted', async () => {
  const items = Array.from({ length: 200 }, (_, n) => ({ name: `service-${n}`, change: 'appears', figures: [] }));
  answer = () => of({ data: remapped({ all: 1500, changed: 1200, items }) });
  const { user } = await open();
  await user.click(button());
  expect(await screen.findByText('And 1,180 services more.')).toBeVisible();
  expect(lines('Services that would change')).toHaveLength(20);
  expect(screen.queryByRole('table', { name: 'Teams that would change' })).not.toBeInTheDocument();
});

test('that nothing would change is said, and is not said where there is nothing to compare', async () => {
  answer = () => of({ data: remapped({ ...nothing, all: 24 }, { ...nothing, all: 4 }) });
  const { user } = await open();
  await user.click(button());
  await waitFor(() =>
    expect(says()).toHaveTextContent(
      'Nothing would change: every figure of the last 90 days stays as it is, of 24 services and 4 teams.'
    )
  );
  answer = () => of({ data: remapped() });
  await user.click(button());
  await waitFor(() => expect(says()).toHaveTextContent('There are no figures of the last 90 days to compare yet.'));
});

test('an answer is of the services that were asked about: once they are edited or saved it is not shown', async () => {
  const first = new Subject();
  answer = () => first;
  const { user, save } = await open();
  const name = await opened(user);
  await user.click(button());
  await user.click(button()); // being impatient asks nothing twice
  expect(says()).toHaveTextContent('Comparing the figures of the last 90 days …');
  expect(compared).toHaveLength(1);

  await enter(user, name, '-2');
  await user.tab();
  expect(says()).toBeEmptyDOMElement();
  const second = new Subject();
  answer = () => second;
  await user.click(button());
  await act(async () => first.next({ data: remapped({ ...nothing, all: 7 }) }));
  expect(says()).toHaveTextContent('Comparing the figures of the last 90 days …');
  await act(async () => second.next({ data: remapped({ ...nothing, all: 8 }) }));
  expect(says()).toHaveTextContent('of 8 services');

  await save();
  expect(says()).toBeEmptyDOMElement();
});

test('why nothing can be compared is said in words', async () => {
  const { user } = await open();
  const refused = { error: 'it is no regular expression', field: 'services[0].match.repository' };
  answer = () => throwError(() => ({ status: 400, data: refused }));
  await user.click(button());
  await waitFor(() => expect(says()).toHaveTextContent('services[0].match.repository: it is no regular expression'));
  answer = () => throwError(() => ({ status: 502, data: '<html>' }));
  await user.click(button());
  await waitFor(() => expect(says()).toHaveTextContent('The plugin did not answer. Nothing is changed; try again.'));
  answer = () => of({ data: remapped({ ...nothing, all: 1 }) });
  await user.click(button());
  await waitFor(() => expect(says()).toHaveTextContent('Nothing would change'));
});

test.each([
  ['are provisioned', { readOnly: true }],
  ['were never saved', { uid: undefined, version: undefined }],
])('settings that %s have nothing to compare', async (_, changed) => {
  await open(changed as Partial<Settings>);
  expect(screen.getByRole('table', { name: 'Services' })).toBeVisible();
  expect(screen.queryByRole('button', { name: 'What would change' })).not.toBeInTheDocument();
});
