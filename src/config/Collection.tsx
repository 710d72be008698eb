import React from 'react';
import { Choice } from '../form/Choice';
import { Text } from '../form/Text';
import { merge } from './change';
import { meanings } from './meanings';
import { Row, Section, SectionProps } from './Section';
import { defaults, DoraOptions } from './settings';

/** When sources are read, and where events are kept. */
export function Collection({ options, faults, readOnly: disabled, onChange }: SectionProps) {
  const collect = options.collect ?? {};
  const store = options.store ?? {};
  const putCollect = (patch: DoraOptions['collect']) =>
    onChange(merge(options, { collect: merge(collect, { ...patch }) }));
  const putStore = (patch: DoraOptions['store']) => onChange(merge(options, { store: merge(store, { ...patch }) }));
  const type = store.type ?? defaults.store;
  return (
    <Section title="Collection" description="When the sources are read, how far back, and where the events are kept.">
      <Row>
        <Text
          label="Collect every"
          description="A number of h, d or w."
          placeholder={defaults.every}
          value={collect.every}
          error={faults['collect.every']}
          disabled={disabled}
          onChange={(every) => putCollect({ every })}
          width={24}
        />
        <Text
          label="Back to"
          description="How much of the past to read at first."
          placeholder={defaults.backfill}
          value={collect.backfill}
          error={faults['collect.backfill']}
          disabled={disabled}
          onChange={(backfill) => putCollect({ backfill })}
          width={30}
        />
        <Choice
          label="Keep events in"
          description={meanings.store.find((option) => option.value === type)?.description}
          value={type}
          options={meanings.store}
          disabled={disabled}
          onChange={(next) => putStore(next === 'memory' ? { type: next, path: undefined } : { type: next })}
          width={30}
        />
        {type === 'sqlite' && (
          <Text
            label="File"
            description="Made, with its folders, where it does not exist."
            placeholder="/var/lib/grafana/live-dora.db"
            value={store.path}
            error={faults['store.path']}
            disabled={disabled}
            onChange={(path) => putStore({ path })}
          />
        )}
      </Row>
    </Section>
  );
}
