import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import type { DoraDataSource } from '../datasource';
import { pick } from '../form/testing';
import { DoraQuery } from '../query/model';
import { VariableEditor } from './VariableEditor';

test('a variable is told which names to offer', async () => {
  const user = userEvent.setup();
  const emitted: DoraQuery[] = [];
  const datasource = { offered: async () => [], variableNames: () => [] } as unknown as DoraDataSource;
  render(
    <VariableEditor
      datasource={datasource}
      query={'' as never}
      onChange={(query) => emitted.push(query)}
      onRunQuery={() => {}}
    />
  );
  expect(screen.getByRole('status')).toHaveTextContent('Names of services.');

  await pick(user, 'Names of each', 'team');
  expect(emitted).toEqual([{ refId: 'values', version: 1, queryType: 'values', field: 'team' }]);
});
