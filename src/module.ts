import { DataSourcePlugin } from '@grafana/data';
import { ConfigEditor } from './config/ConfigEditor';
import { DoraOptions, DoraSecrets } from './settings/settings';
import { DoraDataSource } from './datasource';
import { QueryEditor } from './query/QueryEditor';
import { DoraQuery } from './query/model';

export const plugin = new DataSourcePlugin<DoraDataSource, DoraQuery, DoraOptions, DoraSecrets>(DoraDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
