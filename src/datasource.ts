import {
  AdHocVariableFilter,
  CoreApp,
  DataFrame,
  DataQueryRequest,
  DataQueryResponse,
  DataSourceGetTagValuesOptions,
  DataSourceInstanceSettings,
  DataSourceWithSupplementaryQueriesSupport,
  dateTime,
  MetricFindValue,
  RawTimeRange,
  ScopedVars,
  SupplementaryQueryType,
  TimeRange,
} from '@grafana/data';
import { config, DataSourceWithBackend, getTemplateSrv, TemplateSrv } from '@grafana/runtime';
import { combineLatest, distinctUntilChanged, firstValueFrom, map, Observable, startWith, switchMap } from 'rxjs';
import { withActions } from './correct/actions';
import { possibleAt } from './correct/possible';
import { DoraOptions } from './settings/settings';
import { Channels } from './live/follow';
import { adHocFilters } from './query/adhoc';
import { filtersOf } from './query/change';
import { interpolateFilters, Variables } from './query/interpolate';
import { migrated } from './query/migrate';
import { BROWSER_TIMEZONE, DoraQuery, fieldsFor, Filter, model } from './query/model';
import { DoraSource } from './query/source';
import { ianaZone } from './query/zone';
import { ValuesVariables } from './variables/support';

/** The fields, beside the filters, that may be a dashboard's variable. One that becomes empty is as if it were not there. */
const REPLACED = ['timezone', 'events', 'at', 'bucket', 'rolling'] as const;

/** Hands queries to the backend. It computes nothing: it fills in what only the browser knows, variables and zone. */
export class DoraDataSource
  extends DataSourceWithBackend<DoraQuery, DoraOptions>
  implements DoraSource, DataSourceWithSupplementaryQueriesSupport<DoraQuery>
{
  private readonly channels = new Channels();
  /** Whether the person who looks can correct; asked when a table could be. */
  private readonly correcting: Observable<boolean>;

  constructor(
    settings: DataSourceInstanceSettings<DoraOptions>,
    private readonly templates: TemplateSrv = getTemplateSrv()
  ) {
    super(settings);
    this.correcting = possibleAt(settings.uid);
    this.variables = new ValuesVariables(this);
    // Grafana's own handling: the query editor, and frames with time, timeEnd, title, text and tags.
    this.annotations = {};
  }

  /** An alert rule is evaluated without a browser: it starts with the backend's zone. */
  override getDefaultQuery(app: CoreApp): Partial<DoraQuery> {
    const alerting = app === CoreApp.UnifiedAlerting || app === CoreApp.CloudAlerting;
    return {
      version: model.version,
      queryType: model.queryTypes[0],
      metric: model.metrics[0].key,
      ...(alerting ? {} : { timezone: BROWSER_TIMEZONE }),
    };
  }

  /** A filter that excludes nothing yet is still being written. */
  override filterQuery(query: DoraQuery): boolean {
    return (
      !query.hide && filtersOf(migrated(query)).every((filter) => filter.op !== 'not_in' || filter.values.length > 0)
    );
  }

  override query(request: DataQueryRequest<DoraQuery>): Observable<DataQueryResponse> {
    const targets = request.targets.map((query) => withRange(withZone(query, request.timezone), request));
    const answers = super.query({ ...request, targets }).pipe(switchMap((answer) => this.channels.follow(answer)));
    if (!targets.some(({ queryType }) => queryType === 'events')) {
      return answers;
    }
    const place = { uid: this.uid, dashboard: request.dashboardTitle };
    return combineLatest([answers, this.correcting.pipe(startWith(false), distinctUntilChanged())]).pipe(
      map(([answer, possible]) => ({
        ...answer,
        data: answer.data.map((frame: DataFrame) => withActions(frame, place, possible)),
      }))
    );
  }

  override applyTemplateVariables(saved: DoraQuery, scopedVars: ScopedVars, adHoc?: AdHocVariableFilter[]): DoraQuery {
    const query = migrated(saved);
    const replaced = { ...query };
    for (const field of REPLACED) {
      const text = query[field];
      if (typeof text === 'string') {
        replaced[field] = this.templates.replace(text, scopedVars) || undefined;
      }
    }
    if (Array.isArray(query.filters)) {
      replaced.filters = interpolateFilters(filtersOf(query), this.templateVariables(scopedVars));
    }
    const more = adHocFilters(replaced, adHoc);
    if (more.length > 0) {
      replaced.filters = [...filtersOf(replaced), ...more];
    }
    return withZone(replaced, undefined);
  }

  /**
   * There are no logs, and so no volume of them: that is said here. Of who does not say it, Explore looks for logs in a second
   * reading of each answer, and gives that up in the middle of the next question, whose answer is then lost.
   */
  getSupportedSupplementaryQueryTypes(): SupplementaryQueryType[] {
    return [SupplementaryQueryType.LogsVolume];
  }

  getSupplementaryRequest(): undefined {
    return undefined;
  }

  getSupplementaryQuery(): undefined {
    return undefined;
  }

  /** The names of the dashboard's variables, as they are written in a filter. */
  variableNames(): string[] {
    return this.templates.getVariables().map((variable) => `$${variable.name}`);
  }

  /** What the data offers for a field. An empty list where it cannot be asked: free text goes on working. */
  async offered(field: string, filters: Filter[], range: TimeRange = lastQuarter()): Promise<string[]> {
    const finished = filters.filter(({ values }) => values.length > 0);
    try {
      const request = valuesRequest({ refId: 'offered', field, filters: finished }, range);
      const response = await firstValueFrom(this.query(request));
      return response.data[0]?.fields[0]?.values.map(String) ?? [];
    } catch {
      return [];
    }
  }

  /** What a dashboard's ad hoc filter can be about. */
  override getTagKeys(): Promise<MetricFindValue[]> {
    return Promise.resolve(named(fieldsFor({ refId: 'adhoc' }, 'filters')));
  }

  /** The values that an ad hoc filter can choose from, beside the other filters. */
  override async getTagValues({ key, filters, timeRange }: TagValuesOptions): Promise<MetricFindValue[]> {
    const others = adHocFilters({ refId: 'adhoc' }, filters).filter(({ field }) => field !== key);
    return named(await this.offered(key, others, timeRange));
  }

  private templateVariables(scopedVars: ScopedVars): Variables {
    return {
      replace: (text, format) => this.templates.replace(text, scopedVars, format),
      isAll: (name) => {
        const variable = this.templates.getVariables().find((each) => each.name === name);
        const current: unknown = variable && 'current' in variable ? variable.current.value : undefined;
        return [current].flat().includes('$__all');
      },
    };
  }
}

type TagValuesOptions = DataSourceGetTagValuesOptions<DoraQuery>;

function named(texts: string[]): MetricFindValue[] {
  return texts.map((text) => ({ text, value: text }));
}

function withZone(query: DoraQuery, setting: string | undefined): DoraQuery {
  return query.timezone === BROWSER_TIMEZONE ? { ...query, timezone: ianaZone(setting) } : query;
}

/** A live query carries its range as the dashboard has it, for the backend to ask the same again later. */
function withRange(query: DoraQuery, { range, timezone }: DataQueryRequest<DoraQuery>): DoraQuery {
  if (query.live !== true || !config.liveEnabled || config.publicDashboardAccessToken) {
    return query; // without a range there is nothing to follow
  }
  const { from, to } = range.raw;
  return { ...query, range: { from: written(from), to: written(to), timezone: ianaZone(timezone) } };
}

function written(end: RawTimeRange['from']): string {
  return typeof end === 'string' ? end : String(end.valueOf());
}

function lastQuarter(): TimeRange {
  const to = dateTime();
  const from = dateTime(to).subtract(90, 'days');
  return { from, to, raw: { from: 'now-90d', to: 'now' } };
}

function valuesRequest(query: DoraQuery, range: TimeRange): DataQueryRequest<DoraQuery> {
  return {
    requestId: `livedora-offered-${query.field}`,
    app: CoreApp.Unknown,
    timezone: 'utc',
    interval: '1d',
    intervalMs: 86_400_000,
    range,
    scopedVars: {},
    startTime: Date.now(),
    targets: [{ version: model.version, queryType: 'values', ...query }],
  };
}
