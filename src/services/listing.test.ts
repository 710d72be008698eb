import { grouped, listed, whereFrom } from './listing';

const services = [
  { name: 'service-10', team: 'medicines', deployments: [{ source: 'github', repository: 'example-health/Ten' }] },
  { name: 'service-9', team: 'booking', deployments: [{ source: 'jenkins' }, { source: 'github' }] },
  { name: 'orphan' },
];
const taken = [{ deployments: 3, incidents: 0 }, { deployments: 12, incidents: 0 }, undefined];
const as = (by: 'settings' | 'name' | 'team' | 'deployments', descending = false) => ({ by, descending });

test('services are found by name, team and place, and stand in the order that is asked for', () => {
  expect(listed(services, '', as('settings'), taken)).toEqual([0, 1, 2]);
  expect(listed(services, '', as('name'), taken)).toEqual([2, 1, 0]); // 9 before 10
  expect(listed(services, '', as('deployments', true), taken)).toEqual([1, 0, 2]);
  expect(listed(services, ' medicines TEN', as('settings'), taken)).toEqual([0]);
  expect(listed(services, 'jenkins', as('settings'), taken)).toEqual([1]);
});

test('services stand beneath their teams, those of none last, and a closed team shows its line alone', () => {
  expect(grouped([0, 1, 2], services, new Set(['medicines']))).toEqual([
    { team: 'booking', services: [1] },
    { index: 1 },
    { team: 'medicines', services: [0] },
    { team: '', services: [2] },
    { index: 2 },
  ]);
});

test('where a service comes from is told in a few words', () => {
  expect(services.map(whereFrom)).toEqual(['example-health/Ten', 'all of jenkins, all of github', '']);
});
