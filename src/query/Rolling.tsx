import React from 'react';
import { Choice } from '../form/Choice';
import { change } from './change';
import { rollingProblem } from './judge';
import { DoraQuery, model, uses } from './model';

interface Props {
  query: DoraQuery;
  onChange: (query: DoraQuery) => void;
}

const NONE = 'none';

/** The window that each figure covers. Any number of days or buckets may be entered. */
export function Rolling({ query, onChange }: Props) {
  if (!uses(query, 'rolling') || query.at) {
    return null;
  }
  const offered = model.rolling.filter((window) => query.format !== 'numeric' || !window.includes('bucket'));
  return (
    <Choice
      label="Rolling window"
      value={query.rolling || NONE}
      options={[NONE, ...offered].map((value) => ({ value, label: value }))}
      error={rollingProblem(query) && 'a number of days or buckets'}
      free
      onChange={(value) => onChange(change(query, { rolling: value === NONE ? undefined : value.trim() }))}
      width={20}
    />
  );
}
