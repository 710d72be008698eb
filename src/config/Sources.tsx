import { DataSourceSettings } from '@grafana/data';
import { Button } from '@grafana/ui';
import React, { useState } from 'react';
import { merge, newSource, orAbsent, removeAt, renameSource, replaceAt } from '../settings/change';
import { useCollection } from './live/collection';
import { SourceState } from './live/SourceState';
import { dropSecretsOf, moveSecrets, resetSecret, secretKey, secretOf, WEBHOOKS_SECRET } from '../settings/secrets';
import { SecretField } from './SecretField';
import { Section } from './Section';
import { DoraOptions, DoraSecrets } from '../settings/settings';
import { SourceCard } from './SourceCard';
import { sourceTypes, systemOf, Way, withWay } from '../settings/systems';
import { Faults } from '../settings/validate';

type Settings = DataSourceSettings<DoraOptions, DoraSecrets>;

interface Props {
  settings: Settings;
  faults: Faults;
  readOnly: boolean;
  onSettingsChange: (settings: Settings) => void;
}

/** The systems that are read, with their secrets. */
export function Sources({ settings, faults, readOnly, onSettingsChange }: Props) {
  const options = settings.jsonData;
  const sources = options.sources ?? [];
  const saved = useSavedIds(settings);
  const collection = useCollection(settings.uid, settings.version);

  const put = (jsonData: DoraOptions) => onSettingsChange({ ...settings, jsonData });
  const rename = (index: number, id: string) =>
    onSettingsChange({ ...moveSecrets(settings, sources[index].id, id), jsonData: renameSource(options, index, id) });
  const remove = (index: number) =>
    onSettingsChange({
      ...dropSecretsOf(settings, sources[index].id),
      jsonData: merge(options, { sources: orAbsent(removeAt(sources, index)) }),
    });

  return (
    <Section
      title="Sources"
      description="The systems that deployments, changes and incidents are read from."
      explained="sources"
    >
      {sources.map((source, index) => {
        const isSaved = saved.includes(source.id);
        return (
          <SourceCard
            key={index}
            source={source}
            path={`sources[${index}]`}
            faults={faults}
            readOnly={readOnly}
            idFixed={isSaved}
            uid={settings.uid}
            secret={(name) => secretOf(settings, secretKey(source.id, name), onSettingsChange)}
            onAccess={(way) => onSettingsChange(getInWith(settings, index, way))}
            onRename={(id) => rename(index, id)}
            onChange={(next) => put(merge(options, { sources: replaceAt(sources, index, next) }))}
            onRemove={() => remove(index)}
          >
            {isSaved && (
              <SourceState
                uid={settings.uid}
                id={source.id}
                collection={collection[source.id]}
                edited={settings.jsonData}
                typed={settings.secureJsonData}
              />
            )}
          </SourceCard>
        );
      })}
      {!readOnly && (
        <div>
          <Button
            variant="secondary"
            icon="plus"
            onClick={() => put(merge(options, { sources: [...sources, newSource(sourceTypes[0].value, sources)] }))}
          >
            Add source
          </Button>
        </div>
      )}
      {sources.length > 0 && (
        <SecretField
          label="Webhook secret of all sources"
          description="For those that have none of their own; without any, webhooks are refused."
          secret={secretOf(settings, WEBHOOKS_SECRET, onSettingsChange)}
          readOnly={readOnly}
        />
      )}
    </Section>
  );
}

/** A source with another way in. The secrets of the others are forgotten: the backend refuses two at once. */
function getInWith(settings: Settings, index: number, way: Way): Settings {
  const sources = settings.jsonData.sources ?? [];
  const source = sources[index];
  const access = systemOf(source.type)?.access ?? { ways: [] };
  const others = access.ways.filter(({ value }) => value !== way.value).flatMap(({ secrets }) => secrets);
  return {
    ...others.reduce((left, { name }) => resetSecret(left, secretKey(source.id, name)), settings),
    jsonData: merge(settings.jsonData, { sources: replaceAt(sources, index, withWay(access, source, way)) }),
  };
}

/** The ids under which Grafana has sources: those seen when the settings were loaded, or loaded again after a save. */
function useSavedIds(settings: Settings): string[] {
  const ids = (settings.jsonData.sources ?? []).map(({ id }) => id);
  const [saved, setSaved] = useState({ version: settings.version, ids });
  if (saved.version !== settings.version) {
    setSaved({ version: settings.version, ids });
  }
  return saved.ids;
}
