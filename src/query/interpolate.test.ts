import { interpolateFilters, Variables } from './interpolate';

/** Variables of a dashboard as Grafana's template service replaces them. */
function dashboard(values: Record<string, string | string[]>, all: string[] = []): Variables {
  return {
    isAll: (name) => all.includes(name),
    replace: (text, format) =>
      text.replace(/\$\{(\w+)\}|\$(\w+)/g, (written, braced, bare) => {
        const value = values[braced ?? bare];
        return value === undefined ? written : format ? format(value) : [value].flat().join(',');
      }),
  };
}

const inTeams = (...values: string[]) => [{ field: 'team', op: 'in', values }];

test('plain values stay as they are', () => {
  expect(interpolateFilters(inTeams('medicines', 'a,b'), dashboard({}))).toEqual(inTeams('medicines', 'a,b'));
});

test('a variable with several values becomes several values, each once', () => {
  const variables = dashboard({ team: ['medicines', 'payments, and more'] });
  expect(interpolateFilters(inTeams('$team', 'medicines'), variables)).toEqual(
    inTeams('medicines', 'payments, and more')
  );
});

test('a variable inside a text gives one text per value', () => {
  const variables = dashboard({ team: ['medicines', 'payments'], stage: ['prod', 'live'] });
  expect(interpolateFilters(inTeams('${team}-${stage}'), variables)).toEqual(
    inTeams('medicines-prod', 'medicines-live', 'payments-prod', 'payments-live')
  );
});

test('All lifts the restriction', () => {
  const variables = dashboard({ team: ['medicines', 'payments'] }, ['team']);
  expect(interpolateFilters(inTeams('$team'), variables)).toEqual(inTeams());
  expect(interpolateFilters(inTeams('${team}', 'other'), variables)).toEqual(inTeams());
});

test('All that comes as its own word lifts the restriction too', () => {
  expect(interpolateFilters(inTeams('$team'), dashboard({ team: '$__all' }))).toEqual(inTeams());
});

test('a panel repeated for one value of a variable at All keeps to that value', () => {
  const variables = dashboard({ team: 'medicines' }, ['team']);
  expect(interpolateFilters(inTeams('$team'), variables)).toEqual(inTeams('medicines'));
});

test('"none of All" excludes what All stands for', () => {
  const variables = dashboard({ team: ['medicines', 'payments'] }, ['team']);
  const filters = [{ field: 'team', op: 'not_in', values: ['$team'] }];
  expect(interpolateFilters(filters, variables)).toEqual([
    { field: 'team', op: 'not_in', values: ['medicines', 'payments'] },
  ]);
});

test('a variable without a value restricts nothing, an unknown one stays visible', () => {
  expect(interpolateFilters(inTeams('$team'), dashboard({ team: '' }))).toEqual(inTeams());
  expect(interpolateFilters(inTeams('$gone'), dashboard({}))).toEqual(inTeams('$gone'));
});
