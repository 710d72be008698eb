import { Combobox, ComboboxOption } from '@grafana/ui';
import React, { useLayoutEffect, useRef } from 'react';
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

/**
 * One value out of a list. A value that is not on it is shown as it is. A choice is told once: Grafana's box tells it again
 * with every drawing until it has the new value, and where that takes a moment, as in Explore, it would not come to an end.
 */
export function Choice({ label, description, error, value, options, onChange, disabled, free, width = 24 }: Props) {
  const told = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    told.current = undefined;
  }, [value]);
  const tell = (next: string) => {
    if (next !== told.current) {
      told.current = next;
      onChange(next);
    }
  };
  return (
    <Labelled label={label} description={description} error={error}>
      {(named) => (
        <Combobox
          {...named}
          value={value}
          options={options}
          onChange={(option) => tell(option.value)}
          createCustomValue={free}
          disabled={disabled}
          width={width}
        />
      )}
    </Labelled>
  );
}
