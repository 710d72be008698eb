import { Box, IconButton, MultiCombobox, Stack } from '@grafana/ui';
import React from 'react';
import { Choice } from '../form/Choice';
import { Labelled } from '../form/Labelled';
import { Filter, model } from './model';
import { wordsFor } from './words';

interface Props {
  /** From 1: what a screen reader tells rows apart by. */
  position: number;
  filter: Filter;
  /** The fields that the query may be filtered by. */
  fields: string[];
  onChange: (patch: Partial<Filter>) => void;
  onRemove: () => void;
  offered: () => Promise<string[]>;
}

/** One restriction: a field, is or is not one of, values. The values are asked for when their menu opens. */
export function FilterRow({ position, filter, fields, onChange, onRemove, offered }: Props) {
  const search = async (typed: string) => {
    const values = await offered();
    return values
      .filter((value) => value.toLowerCase().includes(typed.toLowerCase()))
      .map((value) => ({ value, label: value }));
  };
  return (
    <div role="group" aria-label={`Filter ${position}`}>
      <Stack direction="row" wrap="wrap" alignItems="flex-start" gap={1}>
        <Choice
          label="Where"
          value={filter.field}
          options={fields.map((field) => ({ value: field, label: field }))}
          error={fields.includes(filter.field) ? undefined : 'field is not to be had here'}
          onChange={(field) => onChange({ field })}
          width={18}
        />
        <Choice
          label="Condition"
          value={filter.op}
          options={model.filterOps.map((op) => ({ value: op, label: wordsFor('op', op) }))}
          error={model.filterOps.includes(filter.op) ? undefined : 'op is unknown'}
          onChange={(op) => onChange({ op })}
          width={18}
        />
        <Labelled label="Values">
          {(named) => (
            <MultiCombobox
              {...named}
              key={filter.field}
              value={filter.values.map((value) => ({ value, label: value }))}
              options={search}
              createCustomValue
              customValueDescription="Use this text; $name stands for a variable"
              placeholder={filter.op === 'not_in' ? 'values to leave out' : 'any'}
              onChange={(values) => onChange({ values: values.map(({ value }) => value) })}
              width={40}
            />
          )}
        </Labelled>
        <Box paddingTop={3}>
          <IconButton
            name="times"
            size="lg"
            aria-label={`Remove filter ${position}`}
            tooltip={`Remove filter ${position}`}
            onClick={onRemove}
          />
        </Box>
      </Stack>
    </div>
  );
}
