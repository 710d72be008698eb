import { config, getBackendSrv } from '@grafana/runtime';
import { catchError, defer, map, Observable, of, shareReplay } from 'rxjs';

/**
 * Whether the person who looks can correct: editors may, the store must keep what is said, and Grafana must let pages send
 * it (`actions_allow_post_url`). It is tried once, in the way in which an action would send it, and saves nothing.
 */
export function possibleAt(uid: string): Observable<boolean> {
  return defer(() => (mayEdit() ? tried(uid) : of(false))).pipe(shareReplay(1));
}

function mayEdit(): boolean {
  const user = config.bootData?.user;
  return user?.isGrafanaAdmin === true || ['Editor', 'Admin'].includes(user?.orgRole ?? '');
}

function tried(uid: string): Observable<boolean> {
  return getBackendSrv()
    .fetch({
      url: `/api/datasources/uid/${encodeURIComponent(uid)}/resources/v1/corrections?try=true`,
      method: 'POST',
      headers: { 'X-Grafana-Action': '1', 'Content-Type': 'application/json' },
      data: {},
      showErrorAlert: false,
    })
    .pipe(
      map(() => true),
      catchError(() => of(false))
    );
}
