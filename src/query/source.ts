import { DataQueryRequest, DataQueryResponse, DataSourceApi, TimeRange } from '@grafana/data';
import { Observable } from 'rxjs';
import { DoraOptions } from '../settings/settings';
import { DoraQuery, Filter } from './model';

/** What editors and variables ask a data source for. The data source knows them; of it they know only this. */
export interface DoraSource extends DataSourceApi<DoraQuery, DoraOptions> {
  query(request: DataQueryRequest<DoraQuery>): Observable<DataQueryResponse>;
  /** The names of the dashboard's variables, as they are written in a filter. */
  variableNames(): string[];
  /** What the data offers for a field, beside other filters; empty where it cannot be asked. */
  offered(field: string, filters: Filter[], range?: TimeRange): Promise<string[]>;
}
