import { Input } from '@grafana/ui';
import React from 'react';
import { Labelled } from './Labelled';

interface Props {
  label: string;
  description?: string;
  error?: string;
  placeholder?: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  disabled?: boolean;
  width?: number;
}

/** One line of text; nothing where it is empty. */
export function Text({ label, description, error, placeholder, value, onChange, disabled, width = 40 }: Props) {
  return (
    <Labelled label={label} description={description} error={error}>
      {(named) => (
        <Input
          {...named}
          value={value ?? ''}
          placeholder={placeholder}
          disabled={disabled}
          width={width}
          spellCheck={false}
          onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? undefined : currentTarget.value)}
        />
      )}
    </Labelled>
  );
}
