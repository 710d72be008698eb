import { DataFrame, FieldType, toDataFrame } from '@grafana/data';
import { withActions } from './actions';

const place = { uid: 'dora', dashboard: 'Trust the numbers' };
const CORRECTIONS = '/api/datasources/uid/dora/resources/v1/corrections';

function table(name: string): DataFrame {
  const fields = ['version', 'title', 'author', 'id'].map((column) => ({
    name: column,
    type: FieldType.string,
    values: ['x'],
  }));
  return toDataFrame({ name, fields });
}

function actions(frame: DataFrame, column: string) {
  return frame.fields.find(({ name }) => name === column)?.config.actions ?? [];
}

test.each([
  ['deployments', ['It failed', 'It did not fail'], 'version', 3],
  ['failures', ['It did not fail'], 'version', 3],
  ['incidents', [], 'title', 2],
  ['unlinked', ['No incident'], 'title', 2],
])('rows of %s are corrected with %j, or with a reason', (events, buttons, named, reasons) => {
  const frame = withActions(table(events), place, true);
  expect(actions(frame, 'id').map(({ title }) => title)).toEqual(buttons);
  expect(actions(frame, named)).toHaveLength(reasons);
  for (const action of [...actions(frame, 'id'), ...actions(frame, named)]) {
    const sent = Object.fromEntries(action.fetch?.queryParams ?? []);
    expect(action.fetch).toMatchObject({ method: 'POST', url: CORRECTIONS, body: '{}' });
    expect(action.confirmation).toContain('recorded as your word');
    expect(sent[named === 'version' ? 'deployment' : 'incident']).toBe('${__data.fields.id}');
    expect(['failed', 'not_failed', 'unlinked', 'ignored']).toContain(sent.verdict);
    expect(sent.reason).toBe(action.variables ? '$reason' : 'no reason given, on the dashboard Trust the numbers');
  }
});

test('what was said is taken back in its table', () => {
  const [action, ...others] = actions(withActions(table('corrections'), place, true), 'id');
  expect(others).toEqual([]);
  expect(action).toMatchObject({
    title: 'Take back',
    fetch: { url: CORRECTIONS, queryParams: [['undo', '${__data.fields.id}']] },
  });
});

test('where nothing can be corrected there is no button, and the id can still be inspected', () => {
  const frame = withActions(table('deployments'), place, false);
  expect(frame.fields.flatMap(({ config }) => config.actions ?? [])).toEqual([]);
  expect(frame.fields.find(({ name }) => name === 'id')?.config.custom).toEqual({ hideFrom: { viz: true } });
  const changes = table('changes');
  expect(withActions(changes, place, true)).toBe(changes);
});
