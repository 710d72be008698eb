import { Checkbox } from '@grafana/ui';
import React from 'react';
import { Choice } from '../form/Choice';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { FieldProps, RulesControl } from './RulesControl';
import { byDefault } from '../settings/settings';
import { chosen, SystemField, valueAt, withChoice, withValue } from '../settings/systems';

interface Props extends FieldProps {
  /** Whether the key stays where its text is empty: a way in that is not filled in yet. */
  kept?: boolean;
}

/** The control of one field that a system declares. */
export function FieldControl({ system, source, field, kept, path, faults, readOnly, onChange }: Props) {
  const { key, kind, label = '', description, choices = [], width, lines } = field;
  const value = valueAt(source, key);
  const put = (next: unknown) => onChange(withValue(source, key, next));
  const shared = {
    label,
    description,
    error: faults[`${path}.${key}`],
    placeholder: placeholderOf(field),
    disabled: readOnly,
  };
  switch (kind) {
    case 'choice':
      return (
        <Choice
          {...shared}
          options={choices}
          width={width}
          value={chosen(system, source, key)}
          onChange={(next) => onChange(withChoice(system, source, field, next))}
        />
      );
    case 'flag':
      return (
        <Checkbox
          label={label}
          description={description}
          value={Boolean(value)}
          disabled={readOnly}
          onChange={({ currentTarget }) => put(currentTarget.checked || undefined)}
        />
      );
    case 'rules':
      return <RulesControl control={FieldControl} {...{ system, source, field, path, faults, readOnly, onChange }} />;
    case 'list':
    case 'globs':
      return <Lines {...shared} rows={lines} value={value as string[] | undefined} onChange={put} />;
  }
  return (
    <Text
      {...shared}
      width={width}
      value={value as string | undefined}
      onChange={(next) => put(kept ? (next ?? '') : next)}
    />
  );
}

function placeholderOf({ default: standard, example }: SystemField): string | undefined {
  return standard === undefined ? example && `e.g. ${example}` : byDefault(standard);
}
