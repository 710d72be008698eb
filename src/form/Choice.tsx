import { Combobox, ComboboxOption } from '@grafana/ui';
import React from 'react';
import { Labelled } from './Labelled';

interface Props {
  label: string;
  description?: string;
  error?: string;
  value: string;
  options: ComboboxOption[];
  onChange: (value: string) => void;
  disabled?: boolean;
  /** Whether a text that is not among the options may be entered. */
  free?: boolean;
  /** In Grafana's units of 8 pixels. */
  width?: number;
}

/** One value out of a list. A value that is not on it is shown as it is. */
export function Choice({ label, description, error, value, options, onChange, disabled, free, width = 24 }: Props) {
  return (
    <Labelled label={label} description={description} error={error}>
      {(named) => (
        <Combobox
          {...named}
          value={value}
          options={options}
          onChange={(option) => onChange(option.value)}
          createCustomValue={free}
          disabled={disabled}
          invalid={error !== undefined}
          width={width}
        />
      )}
    </Labelled>
  );
}
