import React from 'react';
import { Choice } from '../form/Choice';
import { Text } from '../form/Text';
import { merge } from '../settings/change';
import { fieldsOf } from '../settings/fields';
import { meanings } from '../settings/meanings';
import { isConfigured, resetSecret, Settings, STORE_SECRETS } from '../settings/secrets';
import { byDefault, defaults, StoreSettings } from '../settings/settings';
import { DatabaseFields } from './DatabaseFields';
import { Notice, Row, Section, SectionProps } from './Section';

interface Props extends SectionProps {
  settings: Settings;
  onSettingsChange: (settings: Settings) => void;
}

/** When sources are read, and where events are kept. */
export function Collection({ options, faults, readOnly, onChange, settings, onSettingsChange }: Props) {
  const store = options.store ?? {};
  const type = store.type ?? defaults.store;
  const collectField = fieldsOf(options.collect ?? {}, { path: 'collect', faults, readOnly }, (collect) =>
    onChange(merge(options, { collect }))
  );
  const storeField = fieldsOf(store, { path: 'store', faults, readOnly }, (next) =>
    onChange(merge(options, { store: next }))
  );
  return (
    <Section
      title="Collection"
      description="When the sources are read, how far back, and where the events are kept."
      explained="collect-and-store"
    >
      <Row>
        <Text
          label="Collect every"
          description="A whole number with s, m, h, d or w."
          placeholder={byDefault(defaults.every)}
          width={24}
          {...collectField('every')}
        />
        <Text
          label="Back to"
          description="How much of the past to read at first."
          placeholder={byDefault(defaults.backfill)}
          width={30}
          {...collectField('backfill')}
        />
        <Choice
          label="Keep events in"
          description={meanings.store.find((option) => option.value === type)?.description}
          options={meanings.store}
          width={30}
          {...storeField('type')}
          value={type}
          onChange={(next) => onSettingsChange(keptIn(next, settings))}
        />
        {type === 'sqlite' && (
          <Text
            label="File"
            description="Made, with its folders, where it does not exist."
            placeholder="e.g. /var/lib/grafana/live-dora.db"
            {...storeField('path')}
          />
        )}
      </Row>
      {type === 'postgres' && (
        <DatabaseFields
          field={storeField}
          store={store}
          settings={settings}
          readOnly={readOnly}
          onSettingsChange={onSettingsChange}
        />
      )}
      {type === 'memory' && (
        <Notice>
          A store in memory keeps nothing: everything is read again when Grafana starts, and corrections, alerts and
          events that are sent here are refused. With a SQLite file or PostgreSQL they last.
        </Notice>
      )}
      {type === 'sqlite' && isRelative(store.path) && (
        <Notice>
          This path does not begin at the root, so the file lies in Grafana&apos;s data folder, or in the one that
          store_root names: usually {`/var/lib/grafana/${store.path}`}.
        </Notice>
      )}
    </Section>
  );
}

/** The keys that each type of store has besides. */
const keysOf: Record<string, Array<keyof StoreSettings>> = {
  sqlite: ['path'],
  postgres: ['path', 'address', 'database', 'user', 'tls', 'use'],
};

/** Settings whose events are kept in another type of store. What belongs to the one before goes: the backend refuses it. */
function keptIn(type: string, settings: Settings): Settings {
  const store: StoreSettings = { ...settings.jsonData.store, type };
  for (const key of keysOf.postgres) {
    if (!keysOf[type]?.includes(key)) {
      store[key] = undefined;
    }
  }
  const left = type === 'postgres' ? [] : Object.values(STORE_SECRETS).filter((key) => isConfigured(settings, key));
  return {
    ...left.reduce(resetSecret, settings),
    jsonData: merge(settings.jsonData, { store: merge<StoreSettings>(store, {}) }),
  };
}

/** Whether a path begins where the backend's folder for stores is. */
function isRelative(path: string | undefined): boolean {
  return path !== undefined && path !== '' && !/^(\/|[A-Za-z]:[\\/]|\\\\)/.test(path);
}
