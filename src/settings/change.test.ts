import { merge, newRule, newSource, renameSource } from './change';
import { fieldsOf } from './fields';
import { DoraOptions, Service } from './settings';

test('a setting that goes back to nothing leaves no key, so that the default holds', () => {
  const put = jest.fn();
  const place = { path: '', faults: {}, readOnly: false };
  const definition = fieldsOf<DoraOptions>({ definition: { bots: { pattern: 'bot$' } } }, place, put)('definition');
  fieldsOf(definition.value!, place, definition.onChange)('unit').onChange('commit');
  expect(put).toHaveBeenLastCalledWith({ definition: { bots: { pattern: 'bot$' }, unit: 'commit' } });
  const bots = fieldsOf(definition.value!, place, definition.onChange)('bots');
  fieldsOf(bots.value!, place, bots.onChange)('pattern').onChange(undefined);
  expect(put).toHaveBeenLastCalledWith({});
});

test('what this editor does not know, such as paths and application ids, is kept', () => {
  const provisioned = {
    httpHeaderName1: 'X-Team',
    sources: [{ id: 'github', type: 'github', appId: '42' }],
    services: [{ name: 'rx', deployments: [{ source: 'github', repository: 'a/b', paths: ['x/**'] }] }],
  };
  expect(renameSource(provisioned as DoraOptions, 0, 'forge')).toEqual({
    httpHeaderName1: 'X-Team',
    sources: [{ id: 'forge', type: 'github', appId: '42' }],
    services: [{ name: 'rx', deployments: [{ source: 'forge', repository: 'a/b', paths: ['x/**'] }] }],
  });
});

test('a new rule that is given its name first stays a rule', () => {
  const put = jest.fn();
  fieldsOf<Service>(newRule(), { path: '', faults: {}, readOnly: false }, put)('team').onChange('records');
  expect(put).toHaveBeenLastCalledWith({ match: {}, name: '', team: 'records' });
  expect(merge(newRule(), { name: '{service}' })).toEqual({ match: {}, name: '{service}' });
  expect(renameSource({ sources: [newSource('github', [])], services: [newRule()] }, 0, 'forge').services).toEqual([
    newRule(),
  ]);
});

test('each new source has an id that none has yet', () => {
  const first = newSource('github', []);
  const second = newSource('github', [first]);
  const third = newSource('github', [first, second]);
  expect([first.id, second.id, third.id]).toEqual(['github', 'github-2', 'github-3']);
  expect(newSource('github', [second, third]).id).toBe('github');
});
