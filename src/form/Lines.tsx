import { TextArea } from '@grafana/ui';
import React, { useState } from 'react';
import { Labelled } from './Labelled';

interface Props {
  label: string;
  description?: string;
  error?: string;
  placeholder?: string;
  value: string[] | undefined;
  onChange: (lines: string[] | undefined) => void;
  disabled?: boolean;
  rows?: number;
}

/** A list of texts, written one a line. Empty lines are not part of the list; no line at all is no list. */
export function Lines({ label, description, error, placeholder, value, onChange, disabled, rows = 2 }: Props) {
  const joined = (value ?? []).join('\n');
  const [text, setText] = useState(joined);
  // While someone types, the text may have an unfinished line that the list does not have.
  const shown = linesOf(text).join('\n') === joined ? text : joined;
  return (
    <Labelled label={label} description={description} error={error}>
      {(named) => (
        <TextArea
          {...named}
          value={shown}
          rows={rows}
          cols={48}
          placeholder={placeholder}
          disabled={disabled}
          spellCheck={false}
          onChange={({ currentTarget }) => {
            const lines = linesOf(currentTarget.value);
            setText(currentTarget.value);
            onChange(lines.length > 0 ? lines : undefined);
          }}
        />
      )}
    </Labelled>
  );
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
