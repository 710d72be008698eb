import React from 'react';
import { Choice } from '../form/Choice';
import { change } from './change';
import { allowed, ChoiceField, chosen, DoraQuery, metricOf, standingOf } from './model';
import { wordsFor } from './words';

interface Props {
  field: ChoiceField;
  label: string;
  query: DoraQuery;
  onChange: (query: DoraQuery) => void;
  width?: number;
}

/** The choice of one field of the model, in words; absent where the query has nothing to choose. */
export function ModelChoice({ field, label, query, onChange, width }: Props) {
  const values = allowed(query, field);
  if (values.length === 0) {
    return null;
  }
  const value = chosen(query, field);
  const options = values.map((each) => ({
    value: each,
    label: wordsFor(field, each),
    ...(field === 'metric' ? { description: metricOf(each)?.description } : {}),
    ...(field === 'standing' ? { description: standingOf(each)?.description } : {}),
  }));
  return (
    <Choice
      label={label}
      value={value}
      options={options}
      error={values.includes(value) ? undefined : `${field} is unknown`}
      onChange={(next) => onChange(change(query, { [field]: next }))}
      width={width}
    />
  );
}
