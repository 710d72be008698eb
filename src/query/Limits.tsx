import React from 'react';
import { Choice } from '../form/Choice';
import { change } from './change';
import { DoraQuery, uses } from './model';

interface Props {
  query: DoraQuery;
  onChange: (query: DoraQuery) => void;
}

const options = [
  { value: 'none', label: 'none' },
  { value: 'shown', label: 'process limits', description: 'What the figures stay within while nothing changes (XmR)' },
];

/** Whether a mean and process limits are drawn with each series. */
export function Limits({ query, onChange }: Props) {
  if (!uses(query, 'limits')) {
    return null;
  }
  return (
    <Choice
      label="Limits"
      value={query.limits ? 'shown' : 'none'}
      options={options}
      onChange={(value) => onChange(change(query, { limits: value === 'shown' ? true : undefined }))}
      width={20}
    />
  );
}
