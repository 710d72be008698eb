import { CustomVariableSupport, DataQueryRequest, DataQueryResponse } from '@grafana/data';
import { Observable } from 'rxjs';
import { DoraQuery } from '../query/model';
import { DoraSource } from '../query/source';
import { valuesQuery } from './query';
import { VariableEditor } from './VariableEditor';

/** A dashboard variable offers the names of services, teams, environments or repositories. */
export class ValuesVariables extends CustomVariableSupport<DoraSource, DoraQuery> {
  override editor = VariableEditor;

  constructor(private readonly datasource: DoraSource) {
    super();
  }

  override query(request: DataQueryRequest<DoraQuery>): Observable<DataQueryResponse> {
    return this.datasource.query({ ...request, targets: request.targets.map(valuesQuery) });
  }
}
