import { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Alert, Stack } from '@grafana/ui';
import React, { useMemo } from 'react';
import { Collection } from './Collection';
import { DefinitionOfMetrics } from './DefinitionOfMetrics';
import { usePreview } from './live/preview';
import { Services } from './Services';
import { DoraOptions, DoraSecrets } from '../settings/settings';
import { Sources } from './Sources';
import { JudgedOnceSaved } from '../form/Judged';
import { NextSteps } from './NextSteps';
import { faultsOf } from '../settings/validate';

type Props = DataSourcePluginOptionsEditorProps<DoraOptions, DoraSecrets>;

/** The settings of a data source, in the order in which they are needed; nothing below the sources has to be touched. */
export function ConfigEditor({ options: settings, onOptionsChange }: Props) {
  const options = settings.jsonData;
  const readOnly = Boolean(settings.readOnly);
  const faults = useMemo(() => faultsOf(options), [options]);
  const preview = usePreview(settings.uid, settings.version, options);
  const section = {
    options,
    faults,
    readOnly,
    onChange: (jsonData: DoraOptions) => onOptionsChange({ ...settings, jsonData }),
  };
  return (
    <JudgedOnceSaved version={settings.version}>
      <Stack direction="column" gap={3}>
        {readOnly && (
          <Alert severity="info" title="These settings are provisioned">
            They are written in a file on the server and can be read, but not changed, here.
          </Alert>
        )}
        <Sources settings={settings} faults={faults} readOnly={readOnly} onSettingsChange={onOptionsChange} />
        <Services {...section} uid={settings.uid} version={settings.version} preview={preview} />
        <DefinitionOfMetrics {...section} />
        <Collection {...section} settings={settings} onSettingsChange={onOptionsChange} />
        {settings.uid && (options.sources ?? []).length > 0 && <NextSteps uid={settings.uid} />}
      </Stack>
    </JudgedOnceSaved>
  );
}
