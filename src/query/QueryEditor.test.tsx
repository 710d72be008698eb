import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React, { useState } from 'react';
import type { DoraDataSource } from '../datasource';
import { enter, field, pick } from '../form/testing';
import { DoraQuery } from './model';
import { QueryEditor } from './QueryEditor';

/** A panel's editor: it keeps what the editor emits, as Grafana does. */
function open(initial: Partial<DoraQuery> = {}, offered: DoraDataSource['offered'] = async () => []) {
  let latest: DoraQuery = { refId: 'A', ...initial };
  let runs = 0;
  const datasource = { offered, variableNames: () => ['$team'] } as unknown as DoraDataSource;
  function Panel() {
    const [query, setQuery] = useState(latest);
    return (
      <QueryEditor
        datasource={datasource}
        query={query}
        onChange={(next) => {
          latest = next;
          setQuery(next);
        }}
        onRunQuery={() => runs++}
      />
    );
  }
  render(<Panel />);
  return { user: userEvent.setup({ pointerEventsCheck: 0 }), query: () => latest, runs: () => runs };
}

test('a panel is built choice by choice, and said in a sentence', async () => {
  const { user, query, runs } = open();
  expect(screen.getByRole('status')).toHaveTextContent('Number of deployments in buckets that fit the time range.');

  await pick(user, 'Metric', /^Change lead time/);
  await pick(user, 'Statistic', '90th percentile');
  await pick(user, 'Per', 'week');
  await pick(user, 'Group by', 'service');

  expect(query()).toEqual({
    refId: 'A',
    version: 1,
    metric: 'lead_time',
    statistic: 'p90',
    bucket: 'week',
    groupBy: ['service'],
  });
  expect(runs()).toBe(4);
  expect(screen.getByRole('status')).toHaveTextContent('90th percentile of change lead time per week, by service.');
});

test('a panel is switched to live, and back', async () => {
  const { user, query } = open({ queryType: 'events' });
  await user.click(screen.getByLabelText('Live'));
  expect(query()).toMatchObject({ queryType: 'events', live: true });
  expect(screen.getByRole('status')).toHaveTextContent('shown anew as it changes.');
  await user.click(screen.getByLabelText('Live'));
  expect(query()).not.toHaveProperty('live');
  await pick(user, 'Show', 'Marks on other panels');
  expect(screen.queryByLabelText('Live')).not.toBeInTheDocument();
});

test('a window, or process limits, are chosen and said', async () => {
  const { user, query } = open({ metric: 'lead_time', bucket: 'week' });
  await pick(user, 'Limits', /^process limits/);
  expect(query().limits).toBe(true);
  expect(screen.getByRole('status')).toHaveTextContent('Median change lead time per week, with process limits.');

  await pick(user, 'Rolling window', '28 days');
  expect(query()).toEqual({ refId: 'A', version: 1, metric: 'lead_time', bucket: 'week', rolling: '28 days' });
  expect(screen.queryByLabelText('Limits')).not.toBeInTheDocument();
  expect(screen.getByRole('status')).toHaveTextContent('Median change lead time per week, each over 28 days.');
});

test('signals watch all five metrics, or one, perhaps in one direction', async () => {
  const { user, query } = open();
  await pick(user, 'Show', 'Signals of change');
  expect(field('Metric')).toHaveValue('All five metrics');
  expect(screen.queryByLabelText('Statistic')).not.toBeInTheDocument();
  await pick(user, 'Direction', 'for the worse');
  await pick(user, 'Metric', /^Change failure rate/);
  expect(query()).toMatchObject({ queryType: 'signals', direction: 'worse', metric: 'change_failure_rate' });
  expect(field('Statistic')).toHaveValue('ratio');
  expect(screen.getByRole('status')).toHaveTextContent(
    'A table of changes for the worse in the change failure rate, judged in buckets that fit the time range.'
  );
});

test('severity is offered where incidents are measured', async () => {
  const { user } = open({ metric: 'recovery_time' });
  await pick(user, 'Group by', 'severity');
  await pick(user, 'Metric', /^Change lead time/);
  await user.click(field('Group by'));
  expect(screen.queryByRole('option', { name: 'severity' })).not.toBeInTheDocument();
});

test('one gets back from what is behind a point to the whole time range', async () => {
  const { user, query } = open({ queryType: 'events', events: 'changes', at: '1772409600000', bucket: 'week' });
  expect(screen.getByRole('status')).toHaveTextContent('behind the figure of the week at 2026-03-02.');
  await user.click(screen.getByRole('button', { name: 'Show the whole time range' }));
  expect(query()).toEqual({ refId: 'A', version: 1, queryType: 'events', events: 'changes' });
});

test('only the statistics of the metric are offered', async () => {
  const { user } = open({ metric: 'rework_rate' });
  await user.click(field('Statistic'));
  const options = await screen.findAllByRole('option');
  expect(options.map((option) => option.textContent)).toEqual(['ratio', 'cases (k)', 'measured (n)']);
});

test('each type of query shows what it reads and nothing else', async () => {
  const { user } = open();
  await pick(user, 'Show', 'Events');
  expect(field('Which events')).toBeInTheDocument();
  expect(screen.queryByLabelText('Metric')).not.toBeInTheDocument();
  await pick(user, 'Show', 'State of the collection');
  expect(screen.queryByRole('button', { name: 'Add filter' })).not.toBeInTheDocument();
});

test('the values of a filter come from the data and from the dashboard', async () => {
  const asked: unknown[] = [];
  const { user, query } = open({}, async (...question) => {
    asked.push(question.slice(0, 2));
    return ['prescriptions', 'payments'];
  });
  await user.click(screen.getByRole('button', { name: 'Add filter' }));
  expect(asked).toEqual([]);

  const filter = within(screen.getByRole('group', { name: 'Filter 1' }));
  await user.click(field('Values', 'Filter 1'));
  expect(await screen.findByRole('option', { name: '$team' })).toBeInTheDocument();
  await user.click(screen.getByRole('option', { name: 'payments' }));

  expect(asked[0]).toEqual(['service', []]);
  expect(query().filters).toEqual([{ field: 'service', op: 'in', values: ['payments'] }]);

  await user.click(filter.getByRole('button', { name: 'Remove filter 1' }));
  expect(query()).not.toHaveProperty('filters');
});

test('free text goes in where the data has nothing to offer', async () => {
  const { user, query } = open({ filters: [{ field: 'team', op: 'in', values: [] }] });
  await enter(user, field('Values'), 'med*');
  await user.click(await screen.findByRole('option', { name: /^med\*/ }));
  await waitFor(() => expect(query().filters?.[0].values).toEqual(['med*']));
});

test('a broken query says what is wrong instead of falling over', () => {
  open({ metric: 'velocity', groupBy: 'service' as never, filters: [{ field: 'author' } as never] });
  const alert = screen.getByRole('alert', { name: 'This query cannot be computed' });
  expect(alert).toHaveTextContent('metric "velocity" is unknown; allowed: deployment_frequency, lead_time');
  expect(alert).toHaveTextContent('groupBy must be a list');
  expect(alert).toHaveTextContent('filters[0].field "author" is unknown');
  expect(field('Metric')).toHaveValue('velocity');
});

test('a broken query is mended by choosing', async () => {
  const { user, query } = open({ metric: 'velocity' });
  await pick(user, 'Metric', /^Change failure rate/);
  expect(query().metric).toBe('change_failure_rate');
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});
