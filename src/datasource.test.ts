import {
  CoreApp,
  DataQueryRequest,
  DataSourceInstanceSettings,
  dateTime,
  hasSupplementaryQuerySupport,
  PluginType,
  ScopedVars,
  SupplementaryQueryType,
} from '@grafana/data';
import { BackendSrvRequest, config, setBackendSrv, TemplateSrv } from '@grafana/runtime';
import { lastValueFrom, Observable, of, throwError } from 'rxjs';
import { DoraOptions } from './settings/settings';
import { DoraDataSource } from './datasource';
import { DoraQuery } from './query/model';
import { ValuesVariables } from './variables/support';

const meta = { id: 'livedora-dora-datasource', type: PluginType.datasource } as never;
const settings = {
  uid: 'livedora',
  type: 'livedora-dora-datasource',
  name: 'Live DORA',
  jsonData: {},
  access: 'proxy',
  readOnly: false,
  meta,
} satisfies DataSourceInstanceSettings<DoraOptions>;

/** Variables of a dashboard where `team` stands at All and `service` at two services. */
const values: Record<string, string | string[]> = { team: ['medicines', 'payments'], service: ['rx', 'pay'] };
const templates = {
  replace: (text: string, _: ScopedVars, format?: (value: string | string[]) => string) =>
    text.replace(/\$(\w+)/g, (written, name: string) => (format && values[name] ? format(values[name]) : written)),
  getVariables: () => [
    { name: 'team', type: 'query', current: { text: 'All', value: ['$__all'] } },
    { name: 'service', type: 'query', current: { text: 'rx + pay', value: ['rx', 'pay'] } },
  ],
} as unknown as TemplateSrv;

const range = { from: dateTime(0), to: dateTime(1), raw: { from: 'now-1h', to: 'now' } };

let sent: DoraQuery[];
let answer: () => Observable<unknown>;

beforeEach(() => {
  sent = [];
  answer = () => of({ status: 200, data: { results: {} } });
  setBackendSrv({
    fetch: (request: BackendSrvRequest) => {
      sent.push(...request.data.queries);
      return answer();
    },
  } as never);
});

function ask(query: Partial<DoraQuery>, timezone = 'browser') {
  const targets: DoraQuery[] = [{ refId: 'A', ...query }];
  const request = { targets, timezone, range, scopedVars: {}, intervalMs: 1, app: CoreApp.Dashboard };
  return lastValueFrom(new DoraDataSource(settings, templates).query(request as DataQueryRequest<DoraQuery>));
}

test('a query reaches the backend with its variables replaced', async () => {
  await ask({
    metric: 'lead_time',
    filters: [
      { field: 'team', op: 'in', values: ['$team'] },
      { field: 'service', op: 'in', values: ['$service', 'web'] },
    ],
  });
  expect(sent[0]).toMatchObject({
    refId: 'A',
    metric: 'lead_time',
    datasource: { uid: 'livedora' },
    filters: [
      { field: 'team', op: 'in', values: [] },
      { field: 'service', op: 'in', values: ['rx', 'pay', 'web'] },
    ],
  });
});

test.each([
  ['Europe/London', 'Europe/London'],
  ['utc', 'UTC'],
  ['browser', 'UTC'], // the zone that tests run in
])('the zone of a dashboard at %s is sent as %s', async (dashboard, zone) => {
  await ask({ timezone: 'browser' }, dashboard);
  expect(sent[0].timezone).toBe(zone);
});

test('a table that is about one figure follows the variables that a link sets, and drops those that are empty', async () => {
  Object.assign(values, { rows: 'failures', at: '2026-03-02T00:00:00.000Z', bucket: 'week', rolling: '' });
  const written = { queryType: 'events', events: '$rows', at: '$at', bucket: '$bucket', rolling: '$rolling' };
  const source = new DoraDataSource(settings, {
    ...templates,
    replace: (text: string) => text.replace(/\$(\w+)/g, (_, name: string) => String(values[name])),
  } as unknown as TemplateSrv);
  const [query] = source.interpolateVariablesInQueries([{ refId: 'A', ...written }], {});
  expect(query).toMatchObject({ events: 'failures', at: '2026-03-02T00:00:00.000Z', bucket: 'week' });
  expect(query.rolling).toBeUndefined();
});

test('a zone of the query’s own wins over the dashboard’s', async () => {
  await ask({ timezone: 'Asia/Tokyo' }, 'Europe/London');
  expect(sent[0].timezone).toBe('Asia/Tokyo');
});

describe('a live query', () => {
  const enabled = config.liveEnabled;
  afterEach(() => {
    config.liveEnabled = enabled;
    config.publicDashboardAccessToken = undefined;
  });

  test('carries its range as the dashboard has it', async () => {
    config.liveEnabled = true;
    await ask({ live: true }, 'Europe/London');
    await ask({});
    expect(sent[0].range).toEqual({ from: 'now-1h', to: 'now', timezone: 'Europe/London' });
    expect(sent[1]).not.toHaveProperty('range');
  });

  test('is an ordinary one where Live is off', async () => {
    config.liveEnabled = false;
    await ask({ live: true });
    expect(sent[0]).not.toHaveProperty('range');
  });
});

test('a query that becomes an alert rule carries neither variables nor the word browser', () => {
  const datasource = new DoraDataSource(settings, templates);
  const filters = [{ field: 'service', op: 'in', values: ['$service'] }];
  const [query] = datasource.interpolateVariablesInQueries([{ refId: 'A', timezone: 'browser', filters }], {});
  expect(query.timezone).toBe('UTC');
  expect(query.filters?.[0].values).toEqual(['rx', 'pay']);
});

test('an exclusion of nothing yet is not asked, nor is a hidden query', () => {
  const datasource = new DoraDataSource(settings, templates);
  const excluding = (...values: string[]) => [{ field: 'team', op: 'not_in', values }];
  expect(datasource.filterQuery({ refId: 'A' })).toBe(true);
  expect(datasource.filterQuery({ refId: 'A', filters: excluding('medicines') })).toBe(true);
  expect(datasource.filterQuery({ refId: 'A', filters: excluding() })).toBe(false);
  expect(datasource.filterQuery({ refId: 'A', hide: true })).toBe(false);
});

test('a panel starts with the dashboard’s zone, an alert rule with the backend’s', () => {
  const datasource = new DoraDataSource(settings, templates);
  expect(datasource.getDefaultQuery(CoreApp.PanelEditor)).toEqual({
    version: 1,
    queryType: 'metric',
    metric: 'deployment_frequency',
    timezone: 'browser',
  });
  expect(datasource.getDefaultQuery(CoreApp.UnifiedAlerting)).not.toHaveProperty('timezone');
});

const services = {
  status: 200,
  data: {
    results: {
      offered: {
        frames: [
          { schema: { fields: [{ name: 'value', type: 'string' }] }, data: { values: [['prescriptions', 'rx']] } },
        ],
      },
    },
  },
};

test('values are offered from the data', async () => {
  answer = () => of(services);
  const others = [{ field: 'team', op: 'in', values: ['medicines'] }];
  const unfinished = { field: 'environment', op: 'not_in', values: [] };
  await expect(new DoraDataSource(settings, templates).offered('service', [...others, unfinished])).resolves.toEqual([
    'prescriptions',
    'rx',
  ]);
  expect(sent[0]).toMatchObject({ queryType: 'values', field: 'service', filters: others });
});

test('a backend that cannot answer offers nothing, and says nothing', async () => {
  answer = () => throwError(() => ({ status: 500, data: {} }));
  await expect(new DoraDataSource(settings, templates).offered('service', [])).resolves.toEqual([]);
});

test('a dashboard variable asks for values, whatever it was saved with', async () => {
  const variables = new ValuesVariables(new DoraDataSource(settings, templates));
  const request = { targets: [{ refId: '', metric: 'lead_time', field: 'team' }], range, scopedVars: {} };
  await lastValueFrom(variables.query(request as never));
  expect(sent[0]).toMatchObject({ refId: 'values', version: 1, queryType: 'values', field: 'team' });
  expect(sent[0]).not.toHaveProperty('metric');
});

test("a dashboard's ad hoc filters restrict every query that knows their field", () => {
  const source = new DoraDataSource(settings, templates);
  const adHoc = [
    { key: 'team', operator: '=', value: 'medicines' },
    { key: 'service', operator: '!=|', value: 'rx', values: ['rx', 'pay'] },
    { key: 'service', operator: '=', value: '' },
    { key: 'colour', operator: '=', value: 'red' },
  ];
  const metric = { refId: 'A', filters: [{ field: 'environment', op: 'in' as const, values: ['live'] }] };
  expect(source.applyTemplateVariables(metric, {}, adHoc).filters).toEqual([
    { field: 'environment', op: 'in', values: ['live'] },
    { field: 'team', op: 'in', values: ['medicines'] },
    { field: 'service', op: 'not_in', values: ['rx', 'pay'] },
  ]);
  expect(source.applyTemplateVariables({ refId: 'A', queryType: 'collection' }, {}, adHoc).filters).toBeUndefined();
  expect(() => source.applyTemplateVariables(metric, {}, [{ key: 'team', operator: '=~', value: 'med.*' }])).toThrow(
    'The filter "team =~ med.*" cannot be used; allowed: =, =|, !=, !=|'
  );
});

test('an ad hoc filter offers fields, and the values of one beside the other filters', async () => {
  const source = new DoraDataSource(settings, templates);
  expect((await source.getTagKeys()).map(({ text }) => text)).toEqual(['service', 'team', 'environment', 'repository']);
  await source.getTagValues({
    key: 'service',
    filters: [
      { key: 'team', operator: '=', value: 'medicines' },
      { key: 'service', operator: '=', value: 'rx' },
    ],
  });
  expect(sent[0]).toMatchObject({
    queryType: 'values',
    field: 'service',
    filters: [{ field: 'team', op: 'in', values: ['medicines'] }],
  });
});

test('Explore looks for no logs in what is answered', () => {
  const source = new DoraDataSource(settings, templates);
  for (const type of Object.values(SupplementaryQueryType)) {
    const looked = hasSupplementaryQuerySupport(source, type);
    expect(looked).toBe(type === SupplementaryQueryType.LogsVolume); // of who does not say that, Explore asks everything twice
  }
  expect(source.getSupplementaryRequest()).toBeUndefined();
  expect(source.getSupplementaryQuery()).toBeUndefined();
});
